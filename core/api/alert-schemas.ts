import * as Type from 'typebox'
import { AGAINST } from '../declare/alerts/conditions.ts'
import { CHART_RANGES } from '../declare/dashboards/dashboard.ts'
import { anything } from './schemas.ts'

/** Schemas of alerts and dashboards, as `schemas.ts` has those of the rest. */

const text = Type.String()
const count = Type.Integer({ minimum: 0 })
const instant = Type.String({ format: 'date-time' })
const number = Type.Unsafe<number | null>({ type: ['number', 'null'] })
const orNull = <S extends Type.TSchema>(schema: S) => Type.Union([schema, Type.Null()])
const oneOf = <const T extends string>(values: readonly T[]) => Type.Enum([...values], { type: 'string' })
const where = Type.Unsafe<Readonly<Record<string, readonly unknown[]>>>({ type: 'object' })

const bounds = { above: Type.Optional(Type.Number()), below: Type.Optional(Type.Number()) }
const condition = Type.Object({
  kind: oneOf(['threshold', 'change', 'absence']),
  measure: Type.Optional(text),
  ...bounds,
  against: Type.Optional(oneOf(AGAINST)),
  ratio: Type.Optional(Type.Object(bounds)),
  difference: Type.Optional(Type.Object(bounds)),
})

const silence = Type.Object({ until: instant, by: text, why: text, at: instant })

const group = Type.Object({
  group: anything,
  state: oneOf(['ok', 'pending', 'firing']),
  breaches: Type.Integer({ minimum: 0, description: 'Windows of concern in a row' }),
  since: orNull(instant),
  value: number,
})

const destination = Type.Object({
  id: text,
  waiting: count,
  problem: Type.Unsafe<string | null>({
    type: ['string', 'null'],
    description: 'Why it cannot be told, or the last message was not sent',
  }),
})

export const Alert = Type.Object({
  ...{ name: text, title: text, description: text, metric: text, window: text, timezone: orNull(text) },
  ...{ where, by: Type.Array(text), most: count, when: condition, condition: text },
  for: Type.Integer({ minimum: 1 }),
  latenessMs: count,
  state: oneOf(['ok', 'pending', 'firing']),
  judgedThrough: Type.Unsafe<string | null>({
    type: ['string', 'null'],
    description: 'End of the newest window that was judged; before it, where there is none, its start',
  }),
  judgedAt: orNull(instant),
  waitsFor: Type.Unsafe<string | null>({
    type: ['string', 'null'],
    description: 'Why windows that are over are not judged yet',
  }),
  groups: Type.Array(group),
  leftOut: Type.Integer({ minimum: 0, description: 'Groups beyond `most`, which are not judged' }),
  silence: orNull(silence),
  to: Type.Array(destination),
})

export const Alerts = Type.Object({ alerts: Type.Array(Alert) })

const entry = Type.Object({
  number: count,
  at: instant,
  kind: oneOf([
    ...(['begun', 'pending', 'calm', 'firing', 'resolved', 'skipped', 'silenced', 'unsilenced'] as const),
    ...(['sent', 'failed', 'dropped'] as const),
  ]),
  group: Type.Optional(anything),
  window: Type.Optional(Type.Object({ start: instant, end: instant })),
  since: Type.Optional(instant),
  value: Type.Optional(number),
  before: Type.Optional(number),
  reason: Type.Optional(text),
  by: Type.Optional(text),
  why: Type.Optional(text),
  until: Type.Optional(instant),
  destination: Type.Optional(text),
  message: Type.Optional(Type.String({ description: 'Id of the message' })),
  detail: Type.Optional(text),
})

export const AlertHistory = Type.Object({ entries: Type.Array(entry), next: orNull(count) })

export const Silence = Type.Object(
  {
    for: Type.Optional(
      Type.String({ pattern: '^[0-9]{1,6}[smhd]$', description: 'Such as 2h; at most 30d' }),
    ),
    until: Type.Optional(instant),
    why: Type.String({ minLength: 1, maxLength: 500 }),
  },
  { additionalProperties: false },
)

const chart = Type.Object({
  ...{ title: text, metric: text, measure: text, window: text, by: Type.Array(text), where },
  range: Type.Optional(oneOf(CHART_RANGES)),
  from: Type.Optional(text),
  to: Type.Optional(text),
  compare: Type.Optional(oneOf(['previous'])),
})

export const Dashboards = Type.Object({
  dashboards: Type.Array(
    Type.Object({ name: text, title: text, description: text, charts: Type.Array(chart) }),
  ),
})
