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
/** An instant or a date, as senders may give it. */
export const instantOrDate = Type.Unsafe<string>({
  type: 'string',
  anyOf: [{ format: 'date-time' }, { format: 'date' }],
})
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

/** Null stands for an attribute that is not set (CloudEvents JSON format 1.0.2, 2.3). */
const textOrNull = (more: object) => Type.Unsafe<string | null>({ type: ['string', 'null'], ...more })
/** Of JSON, or with the suffix `+json`, and whatever parameters. */
const JSON_TYPE = '^\\s*[A-Za-z0-9_.-]+/([A-Za-z0-9_.-]+\\+)?[jJ][sS][oO][nN]\\s*(;|$)'

/** A CloudEvents 1.0 event in structured mode; `attributes`: what is said of some for one type. */
export function eventSchema<D extends Schema>(data: D, attributes: Readonly<Record<string, Schema>> = {}) {
  const event = {
    specversion: Type.Unsafe<'1.0'>({ const: '1.0' }),
    id: Type.String({ minLength: 1, maxLength: 1024 }),
    source: Type.String({ minLength: 1, maxLength: 1024, description: 'A URI-reference' }),
    type: Type.String({ minLength: 1 }),
    time: instant,
    subject: Type.Optional(textOrNull({})),
    datacontenttype: Type.Optional(
      textOrNull({ pattern: JSON_TYPE, description: 'A JSON type; not given: application/json' }),
    ),
    dataschema: Type.Optional(
      textOrNull({ description: 'A URI that ends with the version of the contract' }),
    ),
    ...attributes,
    data,
  }
  // Extensions are text, numbers or booleans: generators of clients make a type that no event has of saying
  // so here.
  return Type.Object(event, { propertyNames: { pattern: '^[a-z0-9]{1,64}$' } })
}

/** Stands for an event of any declared type. */
export const Event = eventSchema(Type.Unknown())

const rejection = Type.Object({ index: count, id: orNull(text), code: text, detail: text })
const ingested = { accepted: count, rejected: Type.Array(rejection) }
const told = {
  late: Type.Optional(
    Type.Object(
      { events: count, before: instant },
      {
        description:
          'Accepted events that happened before ids are remembered: sent then, too, they count again',
      },
    ),
  ),
  undeclared: Type.Optional(
    Type.Array(Type.Object({ type: text, fields: Type.Array(text) }), {
      description: 'Fields that contracts do not name, of the events that were looked at',
    }),
  ),
  conflicting: Type.Optional(
    Type.Array(Type.Object({ index: count, id: text, receipt: text, earlier: text }), {
      ...{ maxItems: 100, description: 'Ids that this key sent before, lately, with other content' },
    }),
  ),
  unseen: Type.Optional(
    Type.Array(Type.Object({ source: text, from: count, to: count, since: instant }), {
      maxItems: 100,
      description:
        'Numbers (`sequence`) of a source that have not been seen so far, and since when it is looked',
    }),
  ),
}
const rounded = Type.Integer({
  ...{
    minimum: 0,
    description: 'Accepted events with a number of more decimal places than its contract keeps',
  },
})
export const Ingested = Type.Object({
  ...ingested,
  duplicates: Type.Optional(count),
  rounded: Type.Optional(rounded),
  ...told,
})
export const AllRejected = Type.Object({ ...problem, ...ingested })
export const Refused = Type.Object({
  ...problem,
  accepted: Type.Optional(count),
  rejected: Type.Optional(ingested.rejected),
  ...told,
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

export const provenance = Type.Object({
  boundary: orNull(instant),
  run: orNull(text),
  asOf: instant,
  lagMs: Type.Number({ minimum: 0 }),
  snapshot: Type.Optional(count),
  since: Type.Optional(instant),
  held: Type.Optional(hold),
})
/** The answer to a query of a metric, by the schemas of its groups and of its values. */
export function metricAnswer<G extends Schema, V extends Schema>(group: G, values: V, metric: Schema = text) {
  const row = Type.Object({ window: instant, group, values })
  const total = Type.Optional(count)
  const asked = { window: text, timezone: Type.Optional(text) }
  return Type.Object({ metric, ...asked, rows: Type.Array(row), total, provenance })
}
/** Stands for the answer to a query of any declared metric. */
export const MetricAnswer = metricAnswer(
  anything,
  Type.Unsafe<Readonly<Record<string, MeasureValue>>>({ type: 'object' }),
)

export const MetricAnswers = Type.Object({ answers: Type.Array(MetricAnswer) })

export const Contracts = Type.Object({
  contracts: Type.Array(
    Type.Object({
      ...{ type: text, version: Type.Integer({ minimum: 1 }), latest: Type.Boolean() },
      ...{ title: text, description: text, partitionBy: Type.Array(text), subject: orNull(text) },
      sensitive: Type.Array(text),
      dedupe: text,
      fields: Type.Array(Type.Object({ ...field, optional: Type.Boolean(), scale: orNull(Type.Integer()) })),
      schema: Type.String({ format: 'uri-reference' }),
    }),
  ),
})

/**
 * Requests to start a machine, by name: one for each way to say its input. A name each, since generators of
 * clients make a class of each.
 */
const STARTS: Readonly<Record<string, Schema>> = Object.fromEntries(
  Object.entries(RUN_INPUTS).flatMap(([machine, input]) =>
    (input.oneOf ?? [[]]).map(required => [
      ['StartRun', machine, ...required].join('.'),
      startOf(machine, input, required),
    ]),
  ),
)
export const StartRun = Type.Unsafe<{ readonly machine: string; readonly input?: object }>({
  anyOf: Object.values(STARTS),
})

function startOf(machine: string, { fields, oneOf = [] }: RunInput, required: readonly string[]): Schema {
  // Without the fields of the other sets: half of one beside all of another would say two things.
  const names = Object.keys(fields).filter(name => required.includes(name) || !oneOf.flat().includes(name))
  const properties = Object.fromEntries(names.map(name => [name, fields[name]!.schema]))
  const input = closed({ properties, ...(required.length > 0 && { required }) })
  return Type.Unsafe(
    closed({
      properties: { machine: { const: machine }, input },
      required: required.length > 0 ? ['machine', 'input'] : ['machine'],
    }),
  )
}

function closed(schema: object): object {
  return { type: 'object', ...schema, additionalProperties: false }
}

export const Run = Type.Object({
  id: text,
  machine: text,
  input: Type.Unknown(),
  status: Type.Enum(['running', 'succeeded', 'failed', 'stopped', 'aborted'], { type: 'string' }),
  startedAt: instant,
  endedAt: orNull(instant),
  states: Type.Array(Type.Object({ ...named.properties, enteredAt: instant })),
  retries: Type.Optional(
    Type.Record(text, count, { description: 'How often a state was tried again, by its name' }),
  ),
  report: anything,
  held: Type.Optional(Type.Array(text)),
  stoppedBy: Type.Optional(
    Type.String({
      description: 'Key that asked for its end; while it is running, its state goes on to its own',
    }),
  ),
  error: Type.Optional(Type.Object({ ...named.properties, cause: text })),
})
export const Runs = Type.Object({ runs: Type.Array(Run), next: orNull(text) })

const rejectedEvent = Type.Object({
  ...{ receipt: text, receivedAt: instant, type: orNull(text), id: orNull(text), code: text, detail: text },
  replayed: Type.Boolean(),
  event: Type.Unknown({ description: 'null with `eventBytes` where no answer could hold it' }),
  eventBytes: Type.Optional(count),
})
export const RejectedEvents = Type.Object({ events: Type.Array(rejectedEvent), next: orNull(text) })
const short = Type.String({ maxLength: 1024 })
export const ReplayRejected = Type.Object(
  {
    type: Type.Optional(short),
    from: Type.Optional(instantOrDate),
    after: Type.Optional(short),
  },
  { additionalProperties: false },
)
export const Replayed = Type.Object({
  ...{ replayed: count, stillRejected: count, refused: count },
  next: orNull(text),
})

const status = Type.Enum(['ok', 'degraded', 'starting'], { type: 'string' })
const part = Type.Object({ status })
export const Health = Type.Object({
  status,
  /** For keys with the scope `read`. */
  parts: Type.Optional(
    Type.Unsafe<Readonly<Record<string, Type.Static<typeof part> & Readonly<Record<string, unknown>>>>>({
      type: 'object',
      additionalProperties: part,
    }),
  ),
})

/** Those that have a name in the description of the API, by it. */
export const NAMED = {
  ...{ Problem, Event, Ingested, AllRejected, Refused, Metrics, Contracts, StartRun, ...STARTS, Run, Runs },
  ...{ RejectedEvents, ReplayRejected, Replayed, Health },
}
