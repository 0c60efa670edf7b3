import { DuckDBInstance } from '@duckdb/node-api'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { CALENDAR_WINDOWS, type CalendarWindow, openCalendar } from '../../../core/data/calendar.ts'
import { formatInstant, parseInstant } from '../../../core/data/time.ts'
import { openZone, UTC } from '../../../core/data/zone.ts'

const ZONES = Intl.supportedValuesOf('timeZone')
const instant = fc.integer({ min: parseInstant('1900-01-01T00:00:00Z')!, max: Date.UTC(2100, 0, 1) })
/** Of which all databases of time zones say the same. */
const settled = fc.integer({ min: Date.UTC(1972, 0, 1), max: Date.UTC(2025, 0, 1) })
const zone = fc.constantFrom(...ZONES)
const window = fc.constantFrom(...CALENDAR_WINDOWS)
const long = fc.constantFrom<CalendarWindow>('day', 'week', 'month', 'quarter', 'year')

const starts = (asked: CalendarWindow, name: string | undefined, ...texts: readonly string[]) => {
  const calendar = openCalendar(asked, name === undefined ? UTC : openZone(name))
  return texts.map(text => formatInstant(calendar.startOf(parseInstant(text)!)))
}

describe('windows', () => {
  test('of UTC hold each instant once, from before it to after it, and follow each other', () => {
    fc.assert(
      fc.property(instant, window, (ms, asked) => {
        const { startOf, endOf } = openCalendar(asked)
        const start = startOf(ms)
        expect(start).toBeLessThanOrEqual(ms)
        expect(endOf(start)).toBeGreaterThan(ms)
        expect(startOf(endOf(start))).toBe(endOf(start))
        expect(startOf(endOf(start) - 1)).toBe(start)
      }),
      { numRuns: 2000 },
    )
  })

  test('by the clocks of any zone go by the date that they show', () => {
    const dateIn = (name: string) => {
      const parts = { year: 'numeric', month: '2-digit', day: '2-digit' } as const
      return new Intl.DateTimeFormat('en-CA', { ...parts, timeZone: name })
    }
    fc.assert(
      fc.property(zone, instant, fc.integer({ min: -90_000_000, max: 90_000_000 }), (name, ms, apart) => {
        const { startOf } = openCalendar('day', openZone(name)!)
        const format = dateIn(name)
        const isOneDate = format.format(ms) === format.format(ms + apart)
        expect(startOf(ms) === startOf(ms + apart)).toBe(isOneDate)
      }),
      { numRuns: 2000 },
    )
  })

  test('by the clocks of any zone are those that DuckDB cuts', async () => {
    const instance = await DuckDBInstance.create()
    const connection = await instance.connect()
    const cases = fc.sample(fc.tuple(zone, settled, long), 20_000)
    const values = cases.map(([name, ms, asked], place) => `(${place}, '${name}', ${ms}::BIGINT, '${asked}')`)
    // Cut without a zone: of instants, DuckDB's quarter begins an hour late where one of its months does,
    // as that of America/Managua in April 1973, whose clocks were put forward at the beginning of May.
    const reader = await connection.runAndReadAll(
      `SELECT epoch_ms(timezone(name, date_trunc(asked, timezone(name, make_timestamptz(ms * 1000))))) AS start
       FROM (VALUES ${values.join()}) AS cases (place, name, ms, asked) ORDER BY place`,
    )
    const starts = reader.getRowObjects().map(row => Number(row['start']))
    const different = cases.flatMap(([name, ms, asked], at) => {
      const theirs = starts[at]!
      const zone = openZone(name)!
      const ours = openCalendar(asked, zone).startOf(ms)
      // Where clocks show midnight twice, ours is the first, and DuckDB's the second.
      if (ours <= theirs && zone.localOf(ours) === zone.localOf(theirs)) return []
      return [
        `${name} ${asked} of ${formatInstant(ms)}: ${formatInstant(theirs)}, ours ${formatInstant(ours)}`,
      ]
    })
    connection.closeSync()
    instance.closeSync()
    expect(different).toEqual([])
  })
})

describe('a week', () => {
  test('begins on Monday, also across the turn of a year, and before 1970', () => {
    expect(
      starts('week', undefined, '2026-11-27T12:00:00Z', '2027-01-03T23:59:59.999Z', '1969-12-31T00:00:00Z'),
    ).toEqual(['2026-11-23T00:00:00Z', '2026-12-28T00:00:00Z', '1969-12-29T00:00:00Z'])
  })
})

describe('a quarter and a year', () => {
  test('begin on the first of January, April, July and October, in the first century too', () => {
    expect(
      starts('quarter', undefined, '2024-02-29T00:00:00Z', '2026-12-31T23:59:59Z', '0050-05-05T00:00:00Z'),
    ).toEqual(['2024-01-01T00:00:00Z', '2026-10-01T00:00:00Z', '0050-04-01T00:00:00Z'])
    expect(starts('year', undefined, '0099-12-31T00:00:00Z')).toEqual(['0099-01-01T00:00:00Z'])
  })
})

describe('a day in a zone', () => {
  test('has 23 or 25 hours where clocks are changed', () => {
    const { startOf, endOf } = openCalendar('day', openZone('Europe/Berlin'))
    const hours = (text: string) => {
      const start = startOf(parseInstant(text)!)
      return [formatInstant(start), (endOf(start) - start) / 3_600_000]
    }
    expect(hours('2026-03-29T12:00:00Z')).toEqual(['2026-03-28T23:00:00Z', 23])
    expect(hours('2026-10-25T12:00:00Z')).toEqual(['2026-10-24T22:00:00Z', 25])
    expect(hours('2026-11-27T12:00:00Z')).toEqual(['2026-11-26T23:00:00Z', 24])
  })

  test('begins when clocks are put forward at midnight, and has the hour that comes again before it', () => {
    // In São Paulo clocks went from 00:00 to 01:00 on 2018-11-04, and from 24:00 back to 23:00 on 2018-02-17.
    expect(starts('day', 'America/Sao_Paulo', '2018-11-04T03:00:00Z', '2018-11-04T02:59:59Z')).toEqual([
      '2018-11-04T03:00:00Z',
      '2018-11-03T03:00:00Z',
    ])
    expect(
      starts(
        'day',
        'America/Sao_Paulo',
        '2018-02-18T01:59:59Z',
        '2018-02-18T02:59:59Z',
        '2018-02-18T03:00:00Z',
      ),
    ).toEqual(['2018-02-17T02:00:00Z', '2018-02-17T02:00:00Z', '2018-02-18T03:00:00Z'])
  })

  test('is none where there is no such zone, and offsets are none', () => {
    expect(['Europe/Berln', '+02:00', '-05:00', '', ' UTC'].map(openZone)).toEqual(Array(5).fill(undefined))
    expect(openZone('UTC')!.localOf(5)).toBe(5)
  })
})
