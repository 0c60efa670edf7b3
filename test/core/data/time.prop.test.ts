import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  floorTo,
  formatInstant,
  parseInstant,
  parsePathInstant,
  pathInstant,
  utcText,
  WINDOWS,
} from '../../../core/data/time.ts'

const instant = fc
  .date({
    min: new Date('0002-01-01T00:00:00Z'),
    max: new Date('9998-12-31T23:59:59.999Z'),
    noInvalidDate: true,
  })
  .map(date => date.getTime())
const offset = fc.record({ sign: fc.constantFrom('+', '-'), hours: fc.nat(23), minutes: fc.nat(59) })
const two = (n: number) => String(n).padStart(2, '0')

describe('reading an instant', () => {
  test('agrees with Date for every UTC instant', () => {
    fc.assert(
      fc.property(instant, ms => {
        expect(parseInstant(new Date(ms).toISOString())).toBe(ms)
      }),
    )
  })

  test('agrees with Date for every offset', () => {
    fc.assert(
      fc.property(instant, offset, (ms, { sign, hours, minutes }) => {
        const text = `${new Date(ms).toISOString().slice(0, -1)}${sign}${two(hours)}:${two(minutes)}`
        expect(parseInstant(text)).toBe(Date.parse(text))
      }),
    )
  })

  test('cuts digits below the millisecond, also before 1970', () => {
    fc.assert(
      fc.property(instant, fc.nat(999_999), (ms, digits) => {
        const text = new Date(ms).toISOString().replace('Z', `${String(digits).padStart(6, '0')}Z`)
        expect(parseInstant(text)).toBe(ms)
      }),
    )
  })

  test.each([
    ['2024-02-29T00:00:00Z', Date.UTC(2024, 1, 29)],
    ['2000-02-29T00:00:00Z', Date.UTC(2000, 1, 29)],
    ['1969-12-31T23:59:59.9Z', -100],
    ['0001-01-01T00:00:00Z', -62_135_596_800_000],
    ['0004-02-29T00:00:00Z', Date.parse('0004-02-29T00:00:00Z')],
    ['9999-12-31T23:59:59.999999999Z', 253_402_300_799_999],
    // RFC 3339, 5.6.
    ['2024-02-29t00:00:00z', Date.UTC(2024, 1, 29)],
    ['2024-02-29t01:00:00+01:00', Date.UTC(2024, 1, 29)],
    ['2024-02-29T00:00:00.0019999999999999999999999Z', Date.UTC(2024, 1, 29) + 1],
  ])('takes %s', (text, ms) => {
    expect(parseInstant(text)).toBe(ms)
  })

  test.each([
    ...['2026-02-30T00:00:00Z', '2026-02-29T00:00:00Z', '1900-02-29T00:00:00Z', '2026-04-31T00:00:00Z'],
    ...['2026-00-01T00:00:00Z', '2026-13-01T00:00:00Z', '2026-01-00T00:00:00Z', '2026-01-32T00:00:00Z'],
    ...['2026-01-01T24:00:00Z', '2026-01-01T00:60:00Z', '2016-12-31T23:59:60Z', '2026-01-01T00:00:00'],
    ...['2026-01-01T00:00:00+24:00', '2026-01-01T00:00:00+01:60', '2026-01-01T00:00:00+0100'],
    ...[
      '2026-01-01',
      '2026-01-01 00:00:00Z',
      '2026-01-01T00:00Z',
      '2026-01-01T00:00:00.Z',
      ' 2026-01-01T00:00:00Z',
    ],
    ...['2026-01-01t00:00:00.y', '+002026-01-01T00:00:00Z', '20260101T000000Z', '', '٢٠٢٦-01-01T00:00:00Z'],
    ...['0000-12-31T00:00:00Z', '0001-01-01T00:00:00+00:01', '9999-12-31T23:59:59-00:01'],
    '2026-01-01T00:00:00Z\n',
  ])('refuses %o', text => {
    expect(parseInstant(text)).toBeUndefined()
  })
})

describe('windows', () => {
  test('hold their instant and start at a multiple of their length, also before 1970', () => {
    fc.assert(
      fc.property(instant, fc.constantFrom(...Object.values(WINDOWS)), (ms, length) => {
        const start = floorTo(ms, length)
        expect(Math.abs(start % length)).toBe(0)
        expect(start <= ms && ms < start + length).toBe(true)
      }),
    )
  })

  test('are written as short as they can be, and with milliseconds where there are any', () => {
    expect(formatInstant(Date.UTC(2001, 6, 1))).toBe('2001-07-01T00:00:00Z')
    expect(formatInstant(-1)).toBe('1969-12-31T23:59:59.999Z')
  })

  test('are the same after being a path part', () => {
    fc.assert(
      fc.property(instant, ms => {
        const second = floorTo(ms, 1000)
        expect(parsePathInstant(pathInstant(second))).toBe(second)
      }),
    )
  })
})

test('an instant is the same in UTC, to the microsecond', () => {
  fc.assert(
    fc.property(instant, offset, fc.nat(999_999_999), (ms, { sign, hours, minutes }, nanos) => {
      const fraction = String(nanos).padStart(9, '0')
      const text = `${new Date(ms).toISOString().slice(0, 19)}.${fraction}${sign}${two(hours)}:${two(minutes)}`
      const utc = utcText(text)
      expect(parseInstant(utc)).toBe(parseInstant(text))
      expect(utc).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/)
      expect(utc.slice(20, 26)).toBe(fraction.slice(0, 6))
      expect(utcText(utc)).toBe(utc)
    }),
  )
})
