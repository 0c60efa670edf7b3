import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, expect, test } from 'vitest'
import { type PlatformProcess, startPlatformProcess } from '../../../../bench/platform-process.ts'
import { SAMPLE } from '../../../declared.ts'

const SETTINGS = {
  TRIBUTARY_PIPELINE: SAMPLE,
  TRIBUTARY_WAREHOUSE: 'off',
  TRIBUTARY_LANES: '4',
  TRIBUTARY_PARTITIONS: '100',
}
const REQUESTS = 130
const PER_REQUEST = 100

let platform: PlatformProcess | undefined
afterAll(async () => {
  await platform?.stop('SIGKILL')
  platform?.dispose()
})

/** Trips of all boards, too large to be compressed away, so that a lane's batch reaches far into the log. */
function request(n: number): string {
  const trip = (i: number) => ({
    ...{ specversion: '1.0', source: '/backlog', id: `${n}-${i}`, type: 'com.tributary.trip' },
    ...{ time: '2026-01-01T00:00:00Z', filling: randomBytes(900).toString('base64') },
    data: {
      ...{ hoverboard_id: i, customer_id: n, trip_duration: 1, start_time_and_date: null },
      ...{ start_location: { longitude: 1, latitude: 2 }, end_location: { longitude: 1, latitude: 2 } },
      end_time_and_date: '2026-01-01T00:00:00Z',
    },
  })
  return JSON.stringify(Array.from({ length: PER_REQUEST }, (_, i) => trip(i)))
}

async function sendAll({ port, key }: PlatformProcess): Promise<void> {
  let next = 0
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/cloudevents-batch+json' }
  const send = async () => {
    while (next < REQUESTS) {
      const body = request(next++)
      const answer = await fetch(`http://127.0.0.1:${port}/v1/events`, { method: 'POST', headers, body })
      expect(answer.status).toBe(202)
      await answer.arrayBuffer()
    }
  }
  await Promise.all([send(), send(), send()])
}

test('lanes that are far behind catch up, each without waiting for claims that wait for it', async () => {
  platform = await startPlatformProcess(SETTINGS)
  await sendAll(platform)
  await platform.stop('SIGKILL')
  platform = await startPlatformProcess(SETTINGS, platform.data)
  const trips = async () => {
    const { rows } = await platform!.get<{ rows: { values: { trips: number } }[] }>(
      '/v1/metrics/trips_hourly?by=',
    )
    return rows.reduce((sum, { values }) => sum + values.trips, 0)
  }
  for (const end = Date.now() + 20_000; (await trips()) < REQUESTS * PER_REQUEST && Date.now() < end; )
    await sleep(100)
  expect(await trips()).toBe(REQUESTS * PER_REQUEST)
  const { parts } = await platform.get<{ parts: { speed: { retries: number } } }>('/v1/health')
  expect(parts.speed.retries).toBe(0)
}, 60_000)
