import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pino from 'pino'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { type Platform, startPlatform } from '../../local/platform.ts'
import { readSettings } from '../../local/settings.ts'
import type { MetricAnswer } from '../../steps/query-metric.ts'

/** Answers of the past, of a platform that works. */

const HEADERS = { authorization: 'Bearer k', 'content-type': 'application/cloudevents-batch+json' }
const SOON = { timeout: 60_000, interval: 200 }

let folder: string
let platform: Platform
/** What was answered after each of three runs, by question. */
const answered: { run: string; at: string; rows: Record<string, MetricAnswer['rows']> }[] = []
let sent = 0

const QUESTIONS = [
  '',
  'by=&window=month',
  'where.hoverboard_id=2',
  'by=&order=-trips&limit=2',
  'to=2026-01-15',
]

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tributary-as-of-'))
  const environment = {
    ...{ TRIBUTARY_DATA: folder, TRIBUTARY_EPOCH: '2s', TRIBUTARY_WAREHOUSE: 'off' },
    ...{ TRIBUTARY_KEYS: 'admin:k', PORT: '0' },
  }
  platform = await startPlatform(readSettings(environment), pino({ level: 'silent' }), error => {
    throw error
  })
  await platform.ready
  for (let n = 0; n < 3; n++) {
    await send(20)
    await vi.waitFor(async () => expect(await published()).toBe(sent), SOON)
    const { provenance } = (await ask('layer=batch')).body
    const run = provenance.run!
    await vi.waitFor(async () => expect((await get(`/v1/runs/${run}`)).status).toBe('succeeded'), SOON)
    const rows: Record<string, MetricAnswer['rows']> = {}
    for (const question of QUESTIONS) rows[question] = (await ask(`${question}&layer=batch`)).body.rows
    answered.push({ run, at: new Date().toISOString(), rows })
  }
}, 200_000)
afterAll(async () => {
  await platform.close()
  await rm(folder, { recursive: true, force: true })
})

/** Trips of few hours, so that each run changes what the ones before it have published. */
async function send(n: number): Promise<void> {
  const events = Array.from({ length: n }, (_, i) => ({
    ...{ specversion: '1.0', id: `trip-${sent + i}`, source: '/as-of', type: 'com.tributary.trip' },
    time: new Date(Date.UTC(2026, 0, 14 + (i % 3), i % 4)).toISOString(),
    data: {
      ...{ hoverboard_id: i % 3, customer_id: sent + i, trip_duration: i },
      ...{ start_location: { longitude: 1, latitude: 2 }, end_location: { longitude: 1, latitude: 2 } },
      ...{ start_time_and_date: null, end_time_and_date: '2026-01-14T00:00:00Z' },
    },
  }))
  const body = JSON.stringify(events)
  const answer = await fetch(`${platform.url}/v1/events`, { method: 'POST', body, headers: HEADERS })
  expect(answer.status).toBe(202)
  sent += n
}

async function get(path: string): Promise<Record<string, unknown>> {
  return (await fetch(`${platform.url}${path}`, { headers: HEADERS })).json() as Promise<
    Record<string, unknown>
  >
}

async function ask(query: string): Promise<{ status: number; body: MetricAnswer & { detail?: string } }> {
  const answer = await fetch(`${platform.url}/v1/metrics/trips_hourly?${query}`, { headers: HEADERS })
  return { status: answer.status, body: (await answer.json()) as MetricAnswer & { detail?: string } }
}

async function published(): Promise<number> {
  const { rows } = (await ask('by=&window=year&layer=batch')).body
  return rows.reduce((sum, { values }) => sum + Number(values['trips']), 0)
}

describe('asOf', () => {
  test('of each of three runs, and of the moment after it, gives the rows that it gave then', async () => {
    expect(new Set(answered.map(({ run }) => run)).size).toBe(3)
    for (const { run, at, rows } of answered)
      for (const [question, expected] of Object.entries(rows))
        for (const asOf of [run, at]) {
          const { body } = await ask(`${question}&asOf=${asOf}`)
          expect(body.rows, `${question} as of ${asOf}`).toEqual(expected)
          expect(body.provenance).toMatchObject({ run, lagMs: 0, snapshot: expect.any(Number) })
        }
  })

  test('comes as CSV, too, with what it is in the header beside it', async () => {
    const { run, rows } = answered[0]!
    const url = `${platform.url}/v1/metrics/trips_hourly?asOf=${run}`
    const answer = await fetch(url, { headers: { ...HEADERS, accept: 'text/csv' } })
    expect((await answer.text()).trimEnd().split(/\r?\n/)).toHaveLength(rows['']!.length + 1)
    expect(JSON.parse(answer.headers.get('tributary-provenance')!)).toMatchObject({ run, lagMs: 0 })
  })

  test('is refused with a remedy where it cannot be had', async () => {
    const refused = async (query: string) => {
      const { status, body } = await ask(query)
      expect(status).toBe(400)
      return body.detail
    }
    expect(await refused('asOf=2001-01-01')).toMatch(/the earliest asOf is 20\d\d-.* \(run .+\)/)
    expect(await refused('asOf=2101-01-01')).toContain('asOf is in the future; give an instant up to now')
    expect(await refused('asOf=no-such-run')).toBe('there is no run no-such-run; GET /v1/runs lists them')
    expect(await refused('asOf=a/b')).toContain('give an instant such as 2026-01-31T12:00:00Z')
    const { run } = answered[0]!
    expect(await refused(`asOf=${run}&layer=speed`)).toContain('give batch, or leave it out')
  })

  test('names the earliest there is such that it can be asked for', async () => {
    const { detail = '' } = (await ask('asOf=2001-01-01')).body
    const [, instant, run] = /earliest asOf is (\S+) \(run (\S+)\)/.exec(detail) ?? []
    for (const asOf of [instant, run]) expect((await ask(`asOf=${asOf}`)).status).toBe(200)
  })
})
