import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pino from 'pino'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { type Platform, startPlatform } from '../../local/platform.ts'
import { readSettings } from '../../local/settings.ts'
import { freePort } from '../drivers/warehouse/server.ts'

/** What the reports of runs say of an epoch, from the door to the warehouse, of a platform that works. */

const HEADERS = { authorization: 'Bearer k', 'content-type': 'application/cloudevents-batch+json' }
const SOON = { timeout: 90_000, interval: 250 }
const TYPE = 'com.tributary.trip'

let folder: string
let platform: Platform
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tributary-report-'))
  const environment = {
    ...{ TRIBUTARY_DATA: folder, TRIBUTARY_EPOCH: '2s', TRIBUTARY_WAREHOUSE: 'on', PORT: '0' },
    ...{ TRIBUTARY_KEYS: 'admin:k', TRIBUTARY_WAREHOUSE_PORT: String(await freePort()) },
  }
  platform = await startPlatform(readSettings(environment), pino({ level: 'silent' }), error => {
    throw error
  })
  await platform.ready
}, 120_000)
afterAll(async () => {
  await platform.close()
  await rm(folder, { recursive: true, force: true })
}, 60_000)

const trip = (id: string, trip_duration: unknown) => ({
  ...{ specversion: '1.0', id, source: '/report', type: TYPE, time: '2026-01-14T10:00:00Z' },
  data: {
    ...{ hoverboard_id: 1, customer_id: 1, trip_duration },
    ...{ start_location: { longitude: 1, latitude: 2 }, end_location: { longitude: 1, latitude: 2 } },
    ...{ start_time_and_date: null, end_time_and_date: '2026-01-14T10:00:00Z' },
  },
})

type Epochs = Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, unknown>>>>>>

/** What all runs say of epochs under one name, of the type: those that say something. */
async function saidOf(name: string): Promise<readonly unknown[]> {
  const answer = await fetch(`${platform.url}/v1/runs?limit=200`, { headers: HEADERS })
  const { runs } = (await answer.json()) as { runs: { report: { epochs?: Epochs } }[] }
  const all = runs.flatMap(({ report }) => Object.values(report.epochs ?? {}))
  return all.flatMap(epoch => epoch[name]?.[TYPE] ?? [])
}

test('accepted, rejected, raw, curated, live and warehouse are counted by contract and epoch', async () => {
  const events = [trip('a', 5), trip('b', 6), trip('b', 6), trip('c', 'long')]
  const body = JSON.stringify(events)
  const answer = await fetch(`${platform.url}/v1/events`, { method: 'POST', body, headers: HEADERS })
  expect(answer.status).toBe(202)
  await vi.waitFor(async () => expect(await saidOf('warehouse')).not.toEqual([]), SOON)
  expect(await saidOf('rejected')).toEqual([1])
  expect(await saidOf('refined')).toEqual([expect.objectContaining({ raw: 3, curated: 2, duplicates: 1 })])
  expect(await saidOf('warehouse')).toEqual([{ rows: 2, curated: 2, problems: [] }])
}, 120_000)
