import * as Type from 'typebox'
import type { MeasureValue } from '../measures/measure-type.ts'
import { anything, provenance } from './schemas.ts'

const text = Type.String()
const count = Type.Integer({ minimum: 0 })
const instant = Type.String({ format: 'date-time' })
const orNull = <S extends Type.TSchema>(schema: S) => Type.Union([schema, Type.Null()])
const values = Type.Unsafe<Readonly<Record<string, MeasureValue>>>({ type: 'object' })

const part = Type.Object({
  layer: Type.Enum(['batch', 'real-time'], { type: 'string' }),
  epoch: instant,
  epochs: Type.Integer({
    minimum: 0,
    description: 'More than one where the partials of a day are kept together',
  }),
  isLate: Type.Boolean({ description: 'The epoch began after the window had ended' }),
  events: orNull(count),
  values,
  ofEvents: orNull(values),
  state: Type.Enum(
    ['adds up', 'filling', 'being computed again', 'expired', 'too large', 'not there', 'differs'],
    { type: 'string' },
  ),
})

const event = Type.Object({
  ...{ id: text, source: text, time: instant, receivedAt: instant, epoch: instant, partition: count },
  ...{ receipt: text, values: anything, file: text, lateMs: Type.Optional(count) },
})

const duplicate = Type.Object({
  ...{ id: text, source: text, time: instant, receipt: text, receivedAt: instant, epoch: instant },
  ...{ file: text, why: text },
  counted: orNull(
    Type.Object({ receipt: text, receivedAt: instant, epoch: instant, isOfCell: Type.Boolean() }),
  ),
})

const rejection = Type.Object({
  ...{ receipt: text, receivedAt: instant, id: orNull(text), code: text, detail: text },
})

/** One number with the parts, and the events, that it is made of. */
export const Explanation = Type.Object({
  ...{ metric: text, type: text, window: text, timezone: Type.Optional(text), start: instant, end: instant },
  by: Type.Unsafe<readonly string[]>({ type: 'array', items: { type: 'string' } }),
  group: anything,
  where: Type.Optional(anything),
  values: orNull(values),
  addsUp: Type.Boolean(),
  provenance,
  parts: Type.Array(part),
  events: Type.Object({
    ...{ total: count, first: Type.Array(event), next: orNull(text), masked: Type.Array(text) },
  }),
  late: Type.Object({ events: count, longestMs: count }),
  duplicates: Type.Object({
    ...{ total: count, first: Type.Array(duplicate) },
    notRead: Type.Array(Type.Object({ epoch: instant, dropped: Type.Optional(count) })),
  }),
  rejected: orNull(
    Type.Object({
      ...{ total: count, naming: count, isWhole: Type.Boolean() },
      byCode: Type.Array(Type.Object({ code: text, events: count })),
      first: Type.Array(rejection),
    }),
  ),
  files: Type.Array(Type.Object({ path: text, bytes: Type.Optional(count) })),
  totalFiles: Type.Optional(count),
  sql: orNull(text),
})
