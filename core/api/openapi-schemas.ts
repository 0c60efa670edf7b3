import type { Field } from '../data/fields.ts'
import type { Metric } from '../declare/metric-plan.ts'
import type { Contract } from '../declare/pipeline.ts'

type Schema = Readonly<Record<string, unknown>>

const text = { type: 'string' } as const
const count = { type: 'integer', minimum: 0 } as const
const instant = { type: 'string', format: 'date-time' } as const
const anything = { type: 'object' } as const

function object(properties: Schema, optional: readonly string[] = []): Schema {
  return {
    type: 'object',
    required: Object.keys(properties).filter(name => !optional.includes(name)),
    properties,
  }
}

const list = (items: Schema): Schema => ({ type: 'array', items })
const orNull = (schema: Schema): Schema => ({ anyOf: [schema, { type: 'null' }] })
const status = { type: 'string', enum: ['ok', 'degraded', 'starting'] }

/** Schemas that are the same for every pipeline. */
export function fixedSchemas(): Readonly<Record<string, Schema>> {
  const problem = {
    type: { type: 'string', format: 'uri-reference' },
    title: text,
    status: { type: 'integer' },
    detail: text,
    code: text,
  }
  const rejection = object({ index: count, id: orNull(text), code: text, detail: text })
  const ingested = { accepted: count, rejected: list(rejection) }
  return {
    Problem: object(problem),
    Event: eventSchema({}),
    Ingested: object({ ...ingested, duplicates: count }, ['duplicates']),
    Refused: object({ ...problem, ...ingested, retry: list(object({ index: count, id: orNull(text) })) }, [
      'accepted',
      'rejected',
      'retry',
    ]),
    Metrics: object({ metrics: list(anything) }),
    Contracts: object({ contracts: list(anything) }),
    StartRun: object({ machine: text, input: anything }, ['input']),
    Run: runSchema(),
    Runs: object({ runs: list({ $ref: '#/components/schemas/Run' }) }),
    RejectedEvents: object({ events: list(rejectedSchema()), next: orNull(text) }),
    ReplayRejected: object({ type: text, from: text, after: text }, ['type', 'from', 'after']),
    Replayed: object({ replayed: count, stillRejected: count, refused: count, next: orNull(text) }),
    Health: object({ status, parts: { type: 'object', additionalProperties: object({ status }) } }),
  }
}

function runSchema(): Schema {
  return object(
    {
      id: text,
      machine: text,
      input: {},
      status: { type: 'string', enum: ['running', 'succeeded', 'failed', 'aborted'] },
      startedAt: instant,
      endedAt: orNull(instant),
      states: list(object({ name: text, enteredAt: instant })),
      report: anything,
      error: object({ name: text, cause: text }),
    },
    ['error'],
  )
}

function rejectedSchema(): Schema {
  return object({
    receipt: text,
    receivedAt: instant,
    type: orNull(text),
    id: orNull(text),
    code: text,
    detail: text,
    replayed: { type: 'boolean' },
    event: {},
  })
}

/** A CloudEvents 1.0 event in structured mode. */
function eventSchema({ type, data = {} }: { type?: string; data?: Schema }): Schema {
  return object(
    {
      specversion: { const: '1.0' },
      id: { type: 'string', minLength: 1, maxLength: 1024 },
      source: { type: 'string', minLength: 1, maxLength: 1024, format: 'uri-reference' },
      type: type === undefined ? { type: 'string', minLength: 1 } : { const: type },
      time: instant,
      subject: text,
      datacontenttype: { type: 'string', default: 'application/json' },
      dataschema: { type: 'string', format: 'uri-reference' },
      data,
    },
    ['subject', 'datacontenttype', 'dataschema'],
  )
}

/** `{type}.{version}`: the event; `{type}.{version}.data`: its data, as the contract declares it. */
export function contractSchemas(contracts: readonly Contract[]): Readonly<Record<string, Schema>> {
  return Object.fromEntries(
    contracts.flatMap(({ type, version, title, description, data }) => {
      const name = `${type}.${version}`
      const event = eventSchema({ type, data: { $ref: `#/components/schemas/${name}.data` } })
      return [
        [name, { title, description, ...event }],
        [`${name}.data`, { title, ...data } as Schema],
      ]
    }),
  )
}

/** `metric.{name}`: the answer to a query of the metric. */
export function metricSchemas(metrics: readonly Metric[]): Readonly<Record<string, Schema>> {
  return Object.fromEntries(metrics.map(metric => [`metric.${metric.name}`, metricSchema(metric)]))
}

function metricSchema({ name, title, description, by, measures }: Metric): Schema {
  const group = Object.fromEntries(by.map(field => [field.name, groupSchema(field)]))
  const values = Object.fromEntries(
    measures.map(({ name: measure, measure: { kind } }) => [
      measure,
      kind === 'count' || kind === 'distinct' ? count : { type: ['number', 'null'] },
    ]),
  )
  const provenance = object({
    boundary: orNull(instant),
    run: orNull(text),
    asOf: instant,
    lagMs: { type: 'number', minimum: 0 },
  })
  const row = object({ window: instant, group: object(group, Object.keys(group)), values: object(values) })
  const answer = object({ metric: { const: name }, window: text, rows: list(row), provenance })
  return { title, description, ...answer }
}

function groupSchema({ kind, nullable }: Field): Schema {
  const type = kind === 'instant' || kind === 'json' ? 'string' : kind
  return { type: nullable ? [type, 'null'] : type }
}
