import { Ajv2020, type ErrorObject } from 'ajv/dist/2020.js'
import formats from 'ajv-formats'
import { DECIMAL_DIGITS } from '../../core/decimal.ts'
import { eventTimeReader } from '../../core/event-time.ts'
import { decimalPlaces, type JsonSchema } from '../../core/fields.ts'
import type { Contract } from '../../core/pipeline.ts'
import type { Validators, Violation } from '../../core/ports/validators.ts'

/** Validators compiled at start by Ajv, JSON Schema 2020-12. */
export function ajvValidators(): Validators {
  return {
    validatorOf(contract) {
      // A new instance a contract: two versions may use the same $id.
      const ajv = new Ajv2020({ strict: false, allErrors: false, ownProperties: true, validateFormats: true })
      formats.default(ajv)
      const timeOf = eventTimeReader()
      ajv.addFormat('date-time', text => timeOf(text) !== undefined)
      ajv.addKeyword({ keyword: 'decimalStep', type: 'number', compile: isMultipleOf, errors: false })
      const validate = ajv.compile(boundNumbers(contract.data, contract.scale))
      return data => (validate(data) ? undefined : violation(contract, validate.errors?.[0]))
    },
  }
}

/**
 * The contract's schema with what JSON Schema cannot say well: integers stay safe, number fields with a known scale stay within
 * DECIMAL(18, scale), and `multipleOf` is tested in decimal (0.07 is a multiple of 0.01, whatever doubles say).
 */
export function boundNumbers(schema: JsonSchema, scale: number | undefined): JsonSchema {
  if (Array.isArray(schema)) return schema.map(item => boundNumbers(item, scale)) as unknown as JsonSchema
  if (typeof schema !== 'object' || schema === null) return schema
  const { multipleOf, ...rest } = schema
  const bounded: Record<string, unknown> = Object.fromEntries(
    Object.entries(rest).map(([key, value]) => [
      key,
      DATA_KEYWORDS.has(key) ? value : boundNumbers(value as JsonSchema, scale),
    ]),
  )
  if (typeof multipleOf === 'number') bounded['decimalStep'] = multipleOf
  const types = [schema.type].flat()
  if (types.includes('integer') && !types.includes('number')) return limit(bounded, Number.MAX_SAFE_INTEGER)
  const places = typeof multipleOf === 'number' ? decimalPlaces(multipleOf) : scale
  if (types.includes('number') && places !== undefined)
    return limit(bounded, 10 ** (DECIMAL_DIGITS - places) - 1)
  return bounded
}

/** Keywords whose value is data, not schemas. */
const DATA_KEYWORDS = new Set(['const', 'enum', 'default', 'examples', 'required'])

function limit(schema: Record<string, unknown>, bound: number): JsonSchema {
  const { minimum, maximum } = schema
  return {
    ...schema,
    minimum: typeof minimum === 'number' ? Math.max(minimum, -bound) : -bound,
    maximum: typeof maximum === 'number' ? Math.min(maximum, bound) : bound,
  }
}

function isMultipleOf(step: number): (value: number) => boolean {
  return value => {
    const ratio = value / step
    return Math.abs(ratio - Math.round(ratio)) <= Math.abs(ratio) * 4 * Number.EPSILON
  }
}

function violation(contract: Contract, error: ErrorObject | undefined): Violation {
  const where = `/data${error?.instancePath ?? ''}`
  const isBound = error?.keyword === 'maximum' || error?.keyword === 'minimum'
  const bound = isBound ? Math.abs(Number(error.params['limit'])) : 0
  if (bound === Number.MAX_SAFE_INTEGER)
    return { code: 'unsafe_integer', detail: `${where} is beyond ±(2^53 − 1); send it as text` }
  if (isBound) return { code: 'out_of_range', detail: `${where} ${error.message ?? ''}` }
  const detail =
    error?.keyword === 'decimalStep'
      ? `must be a multiple of ${String(error.schema)}`
      : (error?.message ?? 'is wrong')
  return {
    code: 'schema_violation',
    detail: `${where} ${detail} (contract ${contract.type} version ${contract.version})`,
  }
}
