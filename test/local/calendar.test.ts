import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pino from 'pino'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { type Platform, startPlatform } from '../../local/platform.ts'
import { readSettings } from '../../local/settings.ts'
import type { MetricAnswer } from '../../steps/query-metric.ts'

const HEADERS = { authorization: 'Bearer k', 'content-type': 'application/cloudevents-batch+json' }
const DAY = 86_400_000
const SOON = { timeout: 60_000, interval: 250 }
const START = Date.UTC(2025, 8, 1)

let folder: string
let platform: Platform
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tributary-calendar-'))
  const environment = {
    ...{ TRIBUTARY_DATA: folder, TRIBUTARY_EPOCH: '2s', TRIBUTARY_WAREHOUSE: 'off' },
    ...{ TRIBUTARY_KEYS: 'admin:k', PORT: '0' },
  }
  platform = await startPlatform(readSettings(environment), pino({ level: 'silent' }), error => {
    throw error
  })
  await platform.ready
})
afterAll(async () => {
  await platform.close()
  await rm(folder, { recursive: true, force: true })
})

/** Every five hours and seven minutes over fourteen months: changes of clocks, a new year. */
const TRIPS = Array.from({ length: 2000 }, (_, i) => ({
  time: new Date(START + i * 18_420_000).toISOString(),
  minutes: (i * 7) % 31,
  rider: i % 300,
}))

const event = ({ time, minutes, rider }: (typeof TRIPS)[number], i: number) => ({
  ...{ specversion: '1.0', id: `trip-${i}`, source: '/calendar', type: 'com.tributary.trip', time },
  data: {
    ...{ hoverboard_id: 1, customer_id: rider, trip_duration: minutes },
    ...{ start_location: { longitude: 1, latitude: 2 }, end_location: { longitude: 1, latitude: 2 } },
    ...{ start_time_and_date: null, end_time_and_date: time },
  },
})

async function send(from: number, to: number): Promise<void> {
  const body = JSON.stringify(TRIPS.map(event).slice(from, to))
  const answer = await fetch(`${platform.url}/v1/events`, { method: 'POST', body, headers: HEADERS })
  expect(answer.status).toBe(202)
}

async function ask(query: string): Promise<{ status: number; body: MetricAnswer & { detail?: string } }> {
  const answer = await fetch(`${platform.url}/v1/metrics/trips_hourly?${query}`, { headers: HEADERS })
  return { status: answer.status, body: (await answer.json()) as MetricAnswer & { detail?: string } }
}

/** By the calendar on the wall of New York: trips, minutes and riders of each of its months. */
function byMonthInNewYork() {
  const wall = new Intl.DateTimeFormat('en-CA', {
    timeZone: 'America/New_York',
    year: 'numeric',
    month: '2-digit',
  })
  const months = Map.groupBy(TRIPS, ({ time }) => wall.format(new Date(time)))
  return [...months].map(([month, trips]) => ({
    month,
    trips: trips.length,
    minutes: trips.reduce((sum, { minutes }) => sum + minutes, 0),
    riders: new Set(trips.map(({ rider }) => rider)).size,
  }))
}

test('months by the clocks of a zone add up exactly from hours, with the boundary in the middle of them', {
  timeout: 150_000,
}, async () => {
  await send(0, 1000)
  const totalOf = async (query: string): Promise<number> => {
    const { body } = await ask(query)
    return body.rows.reduce((sum, { values }) => sum + Number(values['trips']), 0)
  }
  await vi.waitFor(async () => expect(await totalOf('by=&layer=batch&window=year')).toBe(1000), SOON)
  await send(1000, 2000)
  const monthly = 'by=&window=month&timezone=America/New_York'
  await vi.waitFor(async () => expect(await totalOf(monthly)).toBe(2000), SOON)
  const { body } = await ask(monthly)
  expect(body).toMatchObject({ window: 'month', timezone: 'America/New_York' })
  const wall = new Intl.DateTimeFormat('sv-SE', {
    timeZone: 'America/New_York',
    dateStyle: 'short',
    timeStyle: 'medium',
  })
  const shown = body.rows.map(({ window, values }) => {
    const [month, clock] = wall.format(new Date(window)).split('-01 ')
    expect(clock).toBe('00:00:00')
    return { month, trips: values['trips'], minutes: values['minutes'], riders: values['riders'] }
  })
  expect(shown).toEqual(byMonthInNewYork())
})

test('weeks begin on Monday, and a range asks for those that start in it', async () => {
  const { body } = await ask('by=&window=week&from=2025-12-20&to=2026-01-13')
  expect(body.rows.map(({ window }) => window)).toEqual([
    '2025-12-22T00:00:00Z',
    '2025-12-29T00:00:00Z',
    '2026-01-05T00:00:00Z',
    '2026-01-12T00:00:00Z',
  ])
  const monday = Date.UTC(2025, 11, 29)
  const trips = TRIPS.filter(({ time }) => Date.parse(time) >= monday && Date.parse(time) < monday + 7 * DAY)
  expect(body.rows[1]?.values['trips']).toBe(trips.length)
})

test('a day that begins within a declared window is refused, and so is a zone that is not there', async () => {
  const half = await ask('by=&window=day&timezone=Asia/Kolkata')
  expect(half).toMatchObject({ status: 400 })
  expect(half.body.detail).toMatch(
    /"Asia\/Kolkata" has a day that begins at .*T18:30:00Z, where no hour of UTC does/,
  )
  const none = await ask('by=&window=day&timezone=Europe/Berln')
  expect(none.body.detail).toContain('timezone "Europe/Berln" is unknown; give a name of the IANA database')
  const short = await ask('by=&timezone=Europe/Berlin')
  expect(short.body.detail).toContain('timezone is for windows of day, week, month, quarter, year')
})
