import * as Type from 'typebox'
import type { MeasureValue } from '../measures/measure-type.ts'
import { anything } from './schemas.ts'

/** Schemas of what is told of single events. */

const text = Type.String()
const count = Type.Integer({ minimum: 0 })
const instant = Type.String({ format: 'date-time' })
const orNull = <S extends Type.TSchema>(schema: S) => Type.Union([schema, Type.Null()])
const measures = Type.Unsafe<Readonly<Record<string, MeasureValue>>>({ type: 'object' })
const verdict = Type.Enum(['accepted', 'duplicate', 'rejected'], { type: 'string' })

const receipt = Type.Object({
  ...{ receipt: text, receivedAt: instant, epoch: instant, partition: count },
  verdict: Type.Enum(['accepted', 'duplicate'], { type: 'string' }),
  countedBy: Type.Union([text, Type.Null()], {
    description: 'Of a duplicate: the receipt that counts the event, where it is known and may be shown',
  }),
  raw: Type.Union([text, Type.Null()], { description: 'Raw object that has it' }),
})

const cell = Type.Object({
  ...{ metric: text, window: text, start: instant, group: anything },
  values: measures,
  layer: Type.Enum(['batch', 'real-time'], { type: 'string', description: 'Which layer answers with it' }),
  run: orNull(text),
})

const journey = Type.Object({
  ...{ id: text, source: text, type: text, subject: orNull(text), time: orNull(instant) },
  verdict: Type.Enum(['accepted', 'duplicate'], { type: 'string' }),
  receipts: Type.Array(receipt, { description: 'Oldest first' }),
  values: anything,
  masked: Type.Array(text, { description: 'Fields that this key is not shown' }),
  stream: Type.Object({
    partition: count,
    position: orNull(Type.Object({ sequence: text, index: count })),
    isApplied: Type.Union([Type.Boolean(), Type.Null()], {
      description: 'Whether the speed layer has applied it; null where that cannot be told',
    }),
  }),
  raw: orNull(Type.Object({ file: text })),
  curated: orNull(Type.Object({ file: text, values: anything })),
  epoch: Type.Object({ start: instant, isClosed: Type.Boolean(), run: orNull(text) }),
  cells: Type.Array(cell),
  leftOut: Type.Array(text, { description: 'Metrics whose filter leaves it out' }),
  hidden: Type.Array(text, { description: 'Metrics that would show what this key is not shown' }),
  waitsFor: orNull(Type.Enum(['speed', 'raw', 'epoch', 'run', 'publishing'], { type: 'string' })),
})

const rejection = Type.Object({
  ...{ receipt: text, receivedAt: instant, type: orNull(text), id: orNull(text), code: text },
  ...{ detail: Type.Optional(text), replayed: Type.Boolean() },
})

const searched = Type.Object({
  ...{ since: instant, until: instant, types: count, isWhole: Type.Boolean() },
  reached: Type.Array(Type.Object({ type: text, since: instant })),
  notRead: Type.Array(Type.Object({ type: text, epoch: instant })),
})

/** What became of an event. */
export const Journey = Type.Object({
  id: text,
  events: Type.Array(journey, { description: 'One for each type and source that used the id' }),
  rejected: Type.Array(rejection),
  searched,
})

/** An event in a list. */
export const ListedEvent = Type.Object({
  verdict,
  ...{ receipt: text, receivedAt: instant, type: orNull(text), id: orNull(text), source: orNull(text) },
  time: orNull(instant),
  isSettled: Type.Boolean({ description: 'False where it may yet turn out to be a duplicate' }),
  values: anything,
  masked: Type.Array(text),
  ...{ code: Type.Optional(text), detail: Type.Optional(text) },
})

/** Events, newest first. */
export const ListedEvents = Type.Object({
  events: Type.Array(ListedEvent),
  next: orNull(text),
  since: instant,
})
