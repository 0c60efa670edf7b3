import * as Type from 'typebox'
import { windowsFrom } from '../data/calendar.ts'
import type { Field } from '../data/fields.ts'
import type { Metric } from '../declare/metric-plan.ts'
import type { Parameter } from './route.ts'

type Parameters = Readonly<Record<string, Parameter>>

/**
 * The parameters of every metric, narrowed to what this one has: its windows, its fields, a `where.` for
 * each.
 */
export function metricParameters(metric: Metric, query: Parameters): Parameters {
  const fields = metric.by.map(field => field.name)
  const narrowed: Readonly<Record<string, Type.TSchema>> = {
    window: Type.Unsafe({ type: 'string', enum: windowsFrom(metric.window), default: metric.window }),
    by: Type.Unsafe({ type: 'array', items: { type: 'string', enum: fields } }),
    order: orderSchema(['window', ...fields, ...metric.measures.map(({ name }) => name)]),
  }
  const own = Object.entries(query)
    // A list of nothing: generators of clients refuse an empty choice.
    .filter(([name]) => !name.endsWith('*') && !(name === 'by' && fields.length === 0))
    .map(([name, one]) => [name, { ...one, schema: narrowed[name] ?? one.schema }])
  const where = metric.by.map(field => [`where.${field.name}`, whereParameter(field, query['where.*'])])
  return Object.fromEntries([...own, ...where])
}

/** A pattern: of a choice, generators of clients take `-delay` and `delay` for one name. */
function orderSchema(names: readonly string[]): Type.TSchema {
  const any = names.map(name => name.replaceAll(/[^\w]/g, '\\$&')).join('|')
  return Type.Unsafe({ type: 'array', minItems: 1, items: { type: 'string', pattern: `^-?(${any})$` } })
}

const SAFE = { minimum: Number.MIN_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER }

const VALUES = {
  string: { type: 'string' },
  instant: { type: 'string' },
  integer: { type: 'integer', ...SAFE },
  number: { type: 'number' },
  boolean: { type: 'boolean' },
  json: { type: 'string' },
} as const

function whereParameter({ name, kind, nullable }: Field, every: Parameter | undefined): Parameter {
  const value = VALUES[kind]
  const items = nullable && value.type !== 'string' ? { anyOf: [value, { const: 'null' }] } : value
  return {
    schema: Type.Unsafe({ type: 'array', minItems: 1, items }),
    description: `${name}: ${every?.description ?? 'only this'}`,
    isRepeated: true,
  }
}
