import Type from 'typebox'
import { defineContract } from '../../../core/declare/contract.ts'

/** A contract with a field of every kind, presence and scale. */
export const hostile = defineContract({
  type: 'com.example.hostile',
  version: 1,
  partitionBy: ['s'],
  scale: 6,
  data: Type.Object({
    s: Type.String(),
    os: Type.Optional(Type.String()),
    ns: Type.Union([Type.String(), Type.Null()]),
    ons: Type.Optional(Type.Union([Type.String(), Type.Null()])),
    i: Type.Integer(),
    oi: Type.Optional(Type.Integer()),
    oni: Type.Optional(Type.Union([Type.Integer(), Type.Null()])),
    n: Type.Number(),
    on: Type.Optional(Type.Number({ multipleOf: 0.01 })),
    nn: Type.Union([Type.Number({ multipleOf: 1 }), Type.Null()]),
    fine: Type.Number({ multipleOf: 1e-15 }),
    b: Type.Boolean(),
    onb: Type.Optional(Type.Union([Type.Boolean(), Type.Null()])),
    t: Type.String({ format: 'date-time' }),
    ont: Type.Optional(Type.Union([Type.String({ format: 'date-time' }), Type.Null()])),
    'odd "key".~/': Type.Optional(
      Type.Union([Type.Object({ "le'af": Type.Union([Type.String(), Type.Null()]) }), Type.Null()]),
    ),
    j: Type.Optional(Type.Array(Type.Unknown())),
    constructor: Type.Optional(Type.String()),
  }),
})

const TEXTS = [
  '',
  'null',
  'a',
  'A',
  '"',
  '\\',
  '\\"',
  "'",
  '\0',
  'a\0b',
  '\ufeff',
  '\ufeffbom',
  '\u2028\u2029',
  '\u001f\u007f\u0080',
  '\b\t\n\v\f\r\u001b',
  '😀',
  '\uffff',
  '𐀀',
  'é',
  'e\u0301',
  'x'.repeat(1000),
  '{"a":1}',
  '%s $' + '{} `',
  ...Array.from({ length: 32 }, (_, i) => `c${String.fromCharCode(i)}`),
]

const INSTANTS = [
  '2001-07-01T00:00:00Z',
  '2001-07-01T02:00:00+02:00',
  '2001-07-01T00:00:00.123456789Z',
  '2001-07-01t00:00:00.12345678901234567890z',
  '2001-07-01t00:00:00-23:59',
  '1969-12-31T23:59:59.999Z',
  '0001-01-01T00:00:00Z',
  '9999-12-31T23:59:59+23:59',
]

const INTEGERS = [
  0,
  1,
  -1,
  999,
  1000,
  -1000,
  1001,
  9_999_999,
  Number.MAX_SAFE_INTEGER,
  Number.MIN_SAFE_INTEGER,
]

const TIMES = [
  0, -1, 1, 59_999, 60_000, -3_600_001, -62_135_596_800_000, 253_402_300_799_999, 993_945_600_000,
]

/** A generator that is the same on every run (mulberry32). */
export function seeded(seed: number): () => number {
  let a = seed
  return () => {
    a = (a + 0x6d2b79f5) | 0
    let t = Math.imul(a ^ (a >>> 15), a | 1)
    t = (t + Math.imul(t ^ (t >>> 7), t | 61)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

/** A double of any magnitude that stays within DECIMAL(18, scale), often at a tie or at the edge of a bin. */
export function hostileNumber(random: () => number, scale: number): number {
  const limit = 10 ** (18 - scale) * (1 - 2 ** -40)
  const sign = random() < 0.5 ? -1 : 1
  const pick = random()
  if (pick < 0.1) return 0
  if (pick < 0.3) return sign * Math.round(random() * 1e5) * 10 ** -scale
  if (pick < 0.5) return sign * Number(`${Math.floor(random() * 1e6)}5e-${scale + 1}`) // a tie
  if (pick < 0.7) return sign * Math.min(limit, 10 ** Math.floor(random() * 18 - scale))
  if (pick < 0.8) return sign * random() * 10 ** -(scale + 3)
  return sign * Math.min(limit, random() * 10 ** (random() * 30 - 12))
}

/** One event: its time and its data. */
export function hostileEvent(random: () => number): { time: number; data: Record<string, unknown> } {
  const of = <T>(values: readonly T[]): T => values[Math.floor(random() * values.length)]!
  const data: Record<string, unknown> = {}
  const set = (key: string, value: () => unknown, optional: boolean, nullable: boolean) => {
    if (optional && random() < 0.2) return
    data[key] = nullable && random() < 0.2 ? null : value()
  }
  const text = () => (random() < 0.8 ? of(TEXTS) : `${of(TEXTS)}${Math.floor(random() * 1000)}`)
  const integer = () =>
    random() < 0.5 ? of(INTEGERS) : Math.round((random() - 0.5) * 10 ** Math.floor(random() * 16))
  set('s', text, false, false)
  set('os', text, true, false)
  set('ns', text, false, true)
  set('ons', text, true, true)
  set('i', integer, false, false)
  set('oi', integer, true, false)
  set('oni', integer, true, true)
  set('n', () => hostileNumber(random, 6), false, false)
  set('on', () => hostileNumber(random, 2), true, false)
  set('nn', () => hostileNumber(random, 0), false, true)
  set('fine', () => hostileNumber(random, 15), false, false)
  set('b', () => random() < 0.5, false, false)
  set('onb', () => random() < 0.5, true, true)
  set('t', () => of(INSTANTS), false, false)
  set('ont', () => of(INSTANTS), true, true)
  set('odd "key".~/', () => ({ "le'af": random() < 0.3 ? null : text() }), true, true)
  set('j', () => [text(), null, 1], true, false)
  set('constructor', text, true, false)
  set('S', text, true, false) // not in the contract: another case of a key that is
  return { time: random() < 0.5 ? of(TIMES) : Math.floor(random() * 1e8), data }
}
