import * as Type from 'typebox'
import type { Field } from '../data/fields.ts'
import type { Metric } from '../declare/metric-plan.ts'
import type { Contract } from '../declare/pipeline.ts'
import type { MeasureValue } from '../measures/measure-type.ts'
import { describedShape } from './described-shape.ts'
import { eventSchema, metricAnswer } from './schemas.ts'

/**
 * A part of the description: a schema, or a reference to one. Schemas have no `title`: generators of clients
 * make class names of titles, of which two may be the same.
 */
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
      const event = eventSchema(Type.Unsafe(reference(`${name}.data`)), {
        type: Type.Unsafe({ const: type }),
        dataschema: dataschemaOf(contract, contracts),
      })
      return [
        [name, { description: `${title}: ${description}`, ...event }],
        [`${name}.data`, { description: title, ...describedShape(data) }],
      ]
    }),
  )
}

/** It ends with the version. Events that name none are of the latest. */
function dataschemaOf({ type, version }: Contract, contracts: readonly Contract[]): Type.TSchema {
  const isLatest = !contracts.some(other => other.type === type && other.version > version)
  const ending = Type.Unsafe({
    type: ['string', 'null'],
    pattern: `/${version}$`,
    description: `A URI that ends with /${version}${isLatest ? '; not given: the latest version' : ''}`,
  })
  return isLatest ? Type.Optional(ending) : Type.Unsafe({ ...ending, type: 'string' })
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
  return { description: `${title}: ${description}`, ...answer }
}

/** What the value of a field is in a group. */
export function groupSchema({ kind, nullable }: Field): Type.TSchema {
  const type = kind === 'instant' || kind === 'json' ? 'string' : kind
  return Type.Unsafe({ type: nullable ? [type, 'null'] : type })
}
