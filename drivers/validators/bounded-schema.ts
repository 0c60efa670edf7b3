import { DECIMAL_DIGITS, POWERS_OF_TEN } from '../../core/data/decimal.ts'
import { decimalPlaces, type JsonSchema } from '../../core/data/fields.ts'

/**
 * The contract's schema with what JSON Schema cannot say well: integers stay safe, number fields with a known
 * scale stay within DECIMAL(18, scale), and `multipleOf` is tested in decimal (0.07 is a multiple of 0.01,
 * whatever doubles say).
 */
export function boundNumbers(schema: JsonSchema, scale: number | undefined): JsonSchema {
  if (Array.isArray(schema)) return schema.map(item => boundNumbers(item, scale)) as unknown as JsonSchema
  if (typeof schema !== 'object' || schema === null) return schema
  const { multipleOf, ...rest } = schema
  const bounded: Record<string, unknown> = Object.fromEntries(
    Object.entries(rest).map(([keyword, value]) => [keyword, boundInside(keyword, value, scale)]),
  )
  if (typeof multipleOf === 'number') bounded['decimalStep'] = multipleOf
  const types = [schema.type].flat()
  if (types.includes('integer') && !types.includes('number'))
    return atLeast(bounded, 'minimum', 'maximum', Number.MAX_SAFE_INTEGER)
  const places = typeof multipleOf === 'number' ? decimalPlaces(multipleOf) : scale
  if (types.includes('number') && places !== undefined)
    return atLeast(bounded, 'exclusiveMinimum', 'exclusiveMaximum', POWERS_OF_TEN[DECIMAL_DIGITS - places]!)
  return bounded
}

function boundInside(keyword: string, value: unknown, scale: number | undefined): unknown {
  if (DATA_KEYWORDS.has(keyword)) return value
  if (!SCHEMA_MAPS.has(keyword)) return boundNumbers(value as JsonSchema, scale)
  const named = Object.entries(value as Record<string, JsonSchema>)
  return Object.fromEntries(named.map(([name, schema]) => [name, boundNumbers(schema, scale)]))
}

/** Keywords whose value is data, not schemas. */
const DATA_KEYWORDS = new Set(['const', 'enum', 'default', 'examples', 'required'])
/** Keywords whose value holds schemas by name: the names are the user's, not keywords. */
const SCHEMA_MAPS = new Set(['properties', 'patternProperties', '$defs', 'definitions', 'dependentSchemas'])

/** The schema with these two bounds at ±`bound`, or nearer to zero where it says so itself. */
function atLeast(schema: Record<string, unknown>, low: string, high: string, bound: number): JsonSchema {
  const given = (keyword: string) => schema[keyword] as number | undefined
  return {
    ...schema,
    [low]: Math.max(given(low) ?? -bound, -bound),
    [high]: Math.min(given(high) ?? bound, bound),
  }
}
