import * as Type from 'typebox'
import { RUN_INPUTS, type RunInput } from '../declare/run-input.ts'
import type { MeasureValue } from '../measures/measure-type.ts'

/**
 * Schemas of the HTTP API that are the same for every pipeline. `Static<typeof Run>` is the type of what is
 * sent.
 */

type Schema = Type.TSchema

const text = Type.String()
const count = Type.Integer({ minimum: 0 })
const instant = Type.String({ format: 'date-time' })
export const anything = Type.Unsafe<Readonly<Record<string, unknown>>>({ type: 'object' })
const named = Type.Object({ name: text })
const orNull = <S extends Schema>(schema: S) => Type.Union([schema, Type.Null()])

/** RFC 9457. */
const problem = {
  type: Type.String({ format: 'uri-reference' }),
  title: text,
  status: Type.Integer(),
  detail: text,
  code: text,
}
export const Problem = Type.Object(problem)

/** A CloudEvents 1.0 event in structured mode, of a type where it is given. */
export function eventSchema<D extends Schema>(data: D, type: Schema = Type.String({ minLength: 1 })) {
  return Type.Object({
    specversion: Type.Unsafe<'1.0'>({ const: '1.0' }),
    id: Type.String({ minLength: 1, maxLength: 1024 }),
    source: Type.String({ minLength: 1, maxLength: 1024, format: 'uri-reference' }),
    type,
    time: instant,
    subject: Type.Optional(text),
    datacontenttype: Type.Optional(Type.String({ default: 'application/json' })),
    dataschema: Type.Optional(Type.String({ format: 'uri-reference' })),
    data,
  })
}

/** Stands for an event of any declared type. */
export const Event = eventSchema(Type.Unknown())

const rejection = Type.Object({ index: count, id: orNull(text), code: text, detail: text })
const ingested = { accepted: count, rejected: Type.Array(rejection) }
export const Ingested = Type.Object({ ...ingested, duplicates: Type.Optional(count) })
export const Refused = Type.Object({
  ...problem,
  accepted: Type.Optional(count),
  rejected: Type.Optional(ingested.rejected),
  retry: Type.Optional(Type.Array(Type.Object({ index: count, id: orNull(text) }))),
})

const field = { name: text, kind: text, nullable: Type.Boolean() }
export const Metrics = Type.Object({
  metrics: Type.Array(
    Type.Object({
      ...{ name: text, title: text, description: text, type: text, window: text },
      by: Type.Array(Type.Object(field)),
      measures: Type.Array(Type.Object({ name: text, kind: text })),
    }),
  ),
})

/** A metric or type whose numbers wait, with the reason. */
const hold = Type.Object({
  kind: Type.Enum(['metric', 'type'], { type: 'string' }),
  name: text,
  mode: Type.Enum(['append', 'recompute'], { type: 'string' }),
  ...{ epoch: instant, since: instant, run: text, code: text, detail: text },
  keys: Type.Array(text),
})

const provenance = Type.Object({
  boundary: orNull(instant),
  run: orNull(text),
  asOf: instant,
  lagMs: Type.Number({ minimum: 0 }),
  since: Type.Optional(instant),
  held: Type.Optional(hold),
})
/** The answer to a query of a metric, by the schemas of its groups and of its values. */
export function metricAnswer<G extends Schema, V extends Schema>(group: G, values: V, metric: Schema = text) {
  const row = Type.Object({ window: instant, group, values })
  const total = Type.Optional(count)
  return Type.Object({ metric, window: text, rows: Type.Array(row), total, provenance })
}
/** Stands for the answer to a query of any declared metric. */
export const MetricAnswer = metricAnswer(
  anything,
  Type.Unsafe<Readonly<Record<string, MeasureValue>>>({ type: 'object' }),
)

export const Contracts = Type.Object({
  contracts: Type.Array(
    Type.Object({
      ...{ type: text, version: Type.Integer({ minimum: 1 }), latest: Type.Boolean() },
      ...{ title: text, description: text, partitionBy: Type.Array(text), subject: orNull(text) },
      sensitive: Type.Array(text),
      dedupe: text,
      fields: Type.Array(Type.Object({ ...field, optional: Type.Boolean() })),
      schema: Type.String({ format: 'uri-reference' }),
    }),
  ),
})

/** A request to start a machine, for each machine with its own input. */
export const StartRun = Type.Unsafe<{ readonly machine: string; readonly input?: object }>({
  oneOf: Object.entries(RUN_INPUTS).map(([machine, input]) => startOf(machine, input)),
})

function startOf(machine: string, { fields, oneOf = [] }: RunInput): object {
  const properties = Object.fromEntries(Object.entries(fields).map(([name, { schema }]) => [name, schema]))
  // Without the fields of the other sets: half of one beside all of another would say two things.
  const choice = { oneOf: oneOf.map(required => ({ required, properties: none(oneOf.flat(), required) })) }
  const input = { type: 'object', properties, additionalProperties: false, ...(oneOf.length > 0 && choice) }
  return {
    type: 'object',
    required: oneOf.length > 0 ? ['machine', 'input'] : ['machine'],
    properties: { machine: { const: machine }, input },
  }
}

/** Properties that must not be there: all of them but some. */
function none(names: readonly string[], but: readonly string[]): object {
  return Object.fromEntries(names.filter(name => !but.includes(name)).map(name => [name, false]))
}

export const Run = Type.Object({
  id: text,
  machine: text,
  input: Type.Unknown(),
  status: Type.Enum(['running', 'succeeded', 'failed', 'aborted'], { type: 'string' }),
  startedAt: instant,
  endedAt: orNull(instant),
  states: Type.Array(Type.Object({ ...named.properties, enteredAt: instant })),
  report: anything,
  held: Type.Optional(Type.Array(text)),
  error: Type.Optional(Type.Object({ ...named.properties, cause: text })),
})
export const Runs = Type.Object({ runs: Type.Array(Run) })

const rejectedEvent = Type.Object({
  ...{ receipt: text, receivedAt: instant, type: orNull(text), id: orNull(text), code: text, detail: text },
  replayed: Type.Boolean(),
  event: Type.Unknown(),
})
export const RejectedEvents = Type.Object({ events: Type.Array(rejectedEvent), next: orNull(text) })
export const ReplayRejected = Type.Object({
  type: Type.Optional(text),
  from: Type.Optional(text),
  after: Type.Optional(text),
})
export const Replayed = Type.Object({
  ...{ replayed: count, stillRejected: count, refused: count },
  next: orNull(text),
})

const status = Type.Enum(['ok', 'degraded', 'starting'], { type: 'string' })
const part = Type.Object({ status })
export const Health = Type.Object({
  status,
  parts: Type.Unsafe<Readonly<Record<string, Type.Static<typeof part> & Readonly<Record<string, unknown>>>>>({
    type: 'object',
    additionalProperties: part,
  }),
})

/** Those that have a name in the description of the API, by it. */
export const NAMED = {
  ...{ Problem, Event, Ingested, Refused, Metrics, Contracts, StartRun, Run, Runs },
  ...{ RejectedEvents, ReplayRejected, Replayed, Health },
}
