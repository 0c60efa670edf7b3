import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createEventTimeReader } from '../../../core/data/event-time.ts'
import { parseInstant } from '../../../core/data/time.ts'

const digits = fc.stringMatching(/^\d{1,4}$/)
const instant = fc.date({
  min: new Date('2026-01-30T00:00:00Z'),
  max: new Date('2026-02-02T00:00:00Z'),
  noInvalidDate: true,
})
const text = fc.oneof(
  instant.map(date => date.toISOString()),
  instant.map(date => `${date.toISOString().slice(0, 19)}Z`),
  instant.map(date => `${date.toISOString().slice(0, 23)}+01:00`),
  fc.tuple(instant, digits).map(([date, more]) => `${date.toISOString().slice(0, 11)}${more}:59:60Z`),
  // One character of a sound instant replaced.
  fc.tuple(instant, fc.nat(23), fc.string({ minLength: 1, maxLength: 1 })).map(([date, at, one]) => {
    const sound = date.toISOString()
    return sound.slice(0, at) + one + sound.slice(at + 1)
  }),
)

test('the reader says what parseInstant says, whatever it read before', () => {
  fc.assert(
    fc.property(fc.array(text, { maxLength: 50 }), texts => {
      const read = createEventTimeReader()
      expect(texts.map(read)).toEqual(texts.map(parseInstant))
    }),
    { numRuns: 500 },
  )
})
