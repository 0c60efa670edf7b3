import * as Type from 'typebox'
import type { Field } from '../data/fields.ts'
import { WINDOWS } from '../data/time.ts'
import type { Metric } from '../declare/metric-plan.ts'
import type { Contract } from '../declare/pipeline.ts'
import type { MeasureValue } from '../measures/measure-type.ts'
import type { Parameter } from './route.ts'
import { eventSchema, metricAnswer } from './schemas.ts'

/** A part of the description: a schema, or a reference to one. */
export type Node = Readonly<Record<string, unknown>>

export const reference = (name: string): Node => ({ $ref: `#/components/schemas/${name}` })

/** Name of a contract's event in `components.schemas`. */
export function eventName({ type, version }: Contract): string {
  return `${type}.${version}`
}

/** Name of the answer to a query of a metric in `components.schemas`. */
export function answerName({ name }: Metric): string {
  return `metric.${name}`
}

/** `{type}.{version}`: the event; `{type}.{version}.data`: its data, as the contract declares it. */
export function contractSchemas(contracts: readonly Contract[]): Readonly<Record<string, Node>> {
  return Object.fromEntries(
    contracts.flatMap(contract => {
      const { type, title, description, data } = contract
      const name = eventName(contract)
      const event = eventSchema(Type.Unsafe(reference(`${name}.data`)), Type.Unsafe({ const: type }))
      return [
        [name, { title, description, ...event }],
        [`${name}.data`, { title, ...data } as Node],
      ]
    }),
  )
}

/** `metric.{name}`: the answer to a query of the metric. */
export function metricSchemas(metrics: readonly Metric[]): Readonly<Record<string, Node>> {
  return Object.fromEntries(metrics.map(metric => [answerName(metric), metricSchema(metric)]))
}

function metricSchema({ name, title, description, by, measures }: Metric): Node {
  const group = Object.fromEntries(by.map(field => [field.name, Type.Optional(groupSchema(field))]))
  const values = Object.fromEntries(
    measures.map(({ name: measure, result }) => [measure, Type.Unsafe<MeasureValue>(result.schema)]),
  )
  const answer = metricAnswer(Type.Object(group), Type.Object(values), Type.Unsafe({ const: name }))
  return { title, description, ...answer }
}

function groupSchema({ kind, nullable }: Field): Type.TSchema {
  const type = kind === 'instant' || kind === 'json' ? 'string' : kind
  return Type.Unsafe({ type: nullable ? [type, 'null'] : type })
}

const PARAMETER_TYPES = {
  string: 'string',
  instant: 'string',
  integer: 'integer',
  number: 'number',
  boolean: 'boolean',
  json: 'string',
} as const

/**
 * The parameters of every metric, narrowed to what this one has: its windows, its fields, a `where.` for
 * each.
 */
export function metricParameters(
  metric: Metric,
  query: Readonly<Record<string, Parameter>>,
): Readonly<Record<string, Parameter>> {
  const windows = Object.entries(WINDOWS)
    .filter(([, length]) => length >= WINDOWS[metric.window])
    .map(([name]) => name)
  const names = metric.by.map(field => field.name)
  const narrowed: Readonly<Record<string, Type.TSchema>> = {
    window: Type.Unsafe({ type: 'string', enum: windows, default: metric.window }),
    by: Type.Unsafe({ type: 'array', items: { type: 'string', enum: names } }),
  }
  const own = Object.entries(query)
    .filter(([name]) => !name.endsWith('*'))
    .map(([name, { schema, description }]) => [name, { schema: narrowed[name] ?? schema, description }])
  const where = metric.by.map(field => [
    `where.${field.name}`,
    { schema: Type.Unsafe({ type: PARAMETER_TYPES[field.kind] }), description: `Only this ${field.name}` },
  ])
  return Object.fromEntries([...own, ...where])
}
