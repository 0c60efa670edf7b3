import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { MetricAnswer } from '../../steps/query-metric.ts'
import { type Platform, pipeline, startPlatform } from '../local/test-platform.ts'

let answer: Omit<MetricAnswer, 'metric' | 'window'>
let platform: Platform
beforeAll(async () => {
  platform = await startPlatform(
    {},
    { queryMetric: async ({ name, window = 'day' }) => ({ metric: name, window, ...answer }) },
  )
})
afterAll(() => platform.close())

const { measures } = pipeline.metrics.find(({ name }) => name === 'flights_daily')!
const NOW = { boundary: null, run: null, asOf: '2026-01-31T12:00:00Z', lagMs: 0 }

const value = fc.nat(3)
const row = fc.record({
  window: fc.constantFrom('2001-01-01T00:00:00Z', '2001-01-02T00:00:00Z'),
  group: fc.record({ origin: fc.constantFrom('LAS', 'null', '') }, { requiredKeys: [] }),
  values: value.map(one => Object.fromEntries(measures.map(({ name }) => [name, one]))),
})
const answers = fc.record(
  {
    rows: fc.array(row, { maxLength: 2 }),
    total: fc.integer({ min: 3, max: 4 }),
    provenance: fc
      .record({ boundary: fc.constantFrom(null, '2026-01-31T11:00:00Z'), run: fc.constantFrom(null, 'r') })
      .chain(one =>
        fc
          .record({ asOf: fc.constant('2026-01-31T12:00:00Z'), lagMs: fc.nat(3) })
          .map(at => ({ ...one, ...at })),
      ),
  },
  { requiredKeys: ['rows', 'provenance'] },
)

/** What an answer says but for the moment it was asked at. */
const said = (one: typeof answer) =>
  JSON.stringify({ ...one, provenance: { ...one.provenance, asOf: '', lagMs: 0 } })

const ask = (headers: Record<string, string> = {}, query = '') =>
  platform.call('GET', `/v1/metrics/flights_daily${query}`, 'r', undefined, headers)

describe('an answer that its caller has', () => {
  test('is not sent again, and any other one always is', async () => {
    await fc.assert(
      fc.asyncProperty(answers, answers, async (first, second) => {
        answer = first
        const tag = (await ask()).headers.get('etag')!
        answer = second
        const later = await ask({ 'if-none-match': tag })
        const isSame = said(first) === said(second)
        expect([later.status, isSame]).toEqual([isSame ? 304 : 200, isSame])
        expect(later.headers.get('etag') === tag).toBe(isSame)
        if (isSame) expect(await later.text()).toBe('')
        else
          expect(await later.json()).toEqual({
            metric: 'flights_daily',
            window: 'day',
            ...JSON.parse(JSON.stringify(second)),
          })
      }),
      { numRuns: 150 },
    )
    answer = { rows: [], provenance: { ...NOW } }
    const tag = (await ask()).headers.get('etag')!
    expect((await ask({ 'if-none-match': tag })).status).toBe(304)
  })

  test('is named weak or not, among others, or by an asterisk; as CSV it is another one', async () => {
    answer = { rows: [], provenance: { ...NOW } }
    const asked = await ask()
    const tag = asked.headers.get('etag')!
    expect(tag).toMatch(/^W\/"[\w-]{27}"$/)
    expect([asked.headers.get('vary'), asked.headers.get('cache-control')]).toEqual([
      'accept',
      'private, no-cache',
    ])
    for (const known of [tag, tag.slice(2), `"x", ${tag}`, '*'])
      expect((await ask({ 'if-none-match': known })).status).toBe(304)
    for (const other of ['"x"', tag.slice(3), tag.toLowerCase().replace('w/', 'W/x')])
      expect((await ask({ 'if-none-match': other })).status).toBe(200)
    expect((await ask({ 'if-none-match': tag, accept: 'text/csv' })).status).toBe(200)
    const csv = (await ask({ accept: 'text/csv' })).headers.get('etag')!
    expect((await ask({ 'if-none-match': csv, accept: 'text/csv' })).status).toBe(304)
    expect((await ask({ 'if-none-match': tag }, '?nobody=knows')).status).toBe(400)
  })
})

describe('several metrics', () => {
  const query = (parameters: string, key = 'r', headers = {}) =>
    platform.call('GET', `/v1/query?${parameters}`, key, undefined, headers)

  test('are asked one question, and answered in the order of their names', async () => {
    answer = { rows: [], provenance: { ...NOW } }
    const found = await query('metrics=trips_hourly,flights_daily,trips_hourly&window=month&by=')
    const { answers } = (await found.json()) as { answers: { metric: string; window: string }[] }
    expect(answers.map(({ metric, window }) => [metric, window])).toEqual([
      ['trips_hourly', 'month'],
      ['flights_daily', 'month'],
    ])
    const tag = found.headers.get('etag')!
    const again = () =>
      query('metrics=trips_hourly,flights_daily&window=month&by=', 'r', { 'if-none-match': tag })
    expect((await again()).status).toBe(304)
    answer = { rows: [], provenance: { ...NOW, run: 'r' } }
    expect((await again()).status).toBe(200)
  })

  test('are refused as each of them would be', async () => {
    const refused = async (parameters: string, key = 'r') => {
      const one = await query(parameters, key)
      return [one.status, ((await one.json()) as { detail: string }).detail]
    }
    expect(await refused('')).toEqual([400, expect.stringContaining('give 1 to 10, separated by commas')])
    const many = Array.from({ length: 11 }, (_, i) => `m${i}`).join(',')
    expect(await refused(`metrics=${many}`)).toEqual([400, expect.stringContaining('has 11 names')])
    expect(await refused('metrics=trips_hourly,nothing')).toEqual([404, expect.stringContaining('"nothing"')])
    const where = 'metrics=trips_hourly,flights_daily&where.origin=LAX'
    expect(await refused(where)).toEqual([400, expect.stringContaining('names no field that trips_hourly')])
    expect((await refused('metrics=trips_hourly,flights_daily', 'types'))[0]).toBe(403)
    expect((await refused('metrics=flights_daily', 'w'))[0]).toBe(403)
  })

  test('that have too many rows together are refused before the last is asked', async () => {
    const [only] = fc.sample(row, 1)
    answer = { rows: new Array(150_000).fill(only), provenance: { ...NOW } }
    const one = await query('metrics=trips_hourly,flights_daily,routes_hourly')
    expect(one.status).toBe(413)
  })
})
