import { setTimeout as sleep } from 'node:timers/promises'
import { type Figure, quantile, type Suite } from '../figure.ts'
import { type PlatformProcess, startPlatformProcess } from '../platform-process.ts'
import { sendTrips } from './trip-loads.ts'

const RATE = 10_000
const SECONDS = 25
const HOUR = 3_600_000

/**
 * How soon a number is visible, how fast a query answers and how soon a platform with data is ready, all
 * while events come in.
 */
export const latency: Suite = async () => {
  const platform = await startPlatformProcess({})
  try {
    await sendTrips(platform, { rate: 0, seconds: 12, boards: 10_000, hours: 24, seed: 3 })
    await sleep(3000)
    const load = sendTrips(platform, { rate: RATE, seconds: SECONDS, boards: 10_000, hours: 24, seed: 4 })
    await sleep(2000)
    const fresh = await freshness(platform, (SECONDS - 6) * 500)
    const queries = await queryTimes(platform, (SECONDS - 6) * 500)
    await load
    await platform.stop()
    const again = await startPlatformProcess({}, platform.data)
    await again.stop()
    return [...freshnessFigures(fresh), queryFigure(queries), startFigure(again.startMs)]
  } finally {
    await platform.stop()
    platform.dispose()
  }
}

/**
 * From the answer to a POST to the first query that shows the event, ms; each event in a group of its own.
 */
async function freshness(platform: PlatformProcess, ms: number): Promise<readonly number[]> {
  const times: number[] = []
  const end = performance.now() + ms
  for (let board = 1_000_000; performance.now() < end; board++) {
    await post(platform, board)
    const answered = performance.now()
    while (!(await isVisible(platform, board))) await sleep(1)
    times.push(performance.now() - answered)
    await sleep(20)
  }
  return times
}

async function post({ port, key }: PlatformProcess, board: number): Promise<void> {
  const time = new Date().toISOString()
  const place = { longitude: 0, latitude: 0 }
  const data = {
    hoverboard_id: board,
    customer_id: 1,
    trip_duration: 1,
    start_location: place,
    end_location: place,
  }
  const body = JSON.stringify({
    specversion: '1.0',
    id: `probe-${board}`,
    source: '/probe',
    type: 'com.tributary.trip',
    time,
    data: { ...data, start_time_and_date: null, end_time_and_date: time },
  })
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/cloudevents+json' }
  const response = await fetch(`http://127.0.0.1:${port}/v1/events`, { method: 'POST', headers, body })
  if (response.status !== 202) throw new Error(await response.text())
  await response.arrayBuffer()
}

async function isVisible(platform: PlatformProcess, board: number): Promise<boolean> {
  const { rows } = await platform.get<{ rows: unknown[] }>(
    `/v1/metrics/trips_hourly?where.hoverboard_id=${board}`,
  )
  return rows.length > 0
}

/** Answer times of 24 windows of one group among 10,000, ms. */
async function queryTimes(platform: PlatformProcess, ms: number): Promise<readonly number[]> {
  const times: number[] = []
  const end = performance.now() + ms
  const to = Math.ceil(Date.now() / HOUR) * HOUR
  const range = `from=${new Date(to - 24 * HOUR).toISOString()}&to=${new Date(to).toISOString()}`
  for (let i = 0; performance.now() < end; i++) {
    const from = performance.now()
    await platform.get(`/v1/metrics/trips_hourly?${range}&where.hoverboard_id=${(i * 7919) % 10_000}`)
    times.push(performance.now() - from)
    await sleep(5)
  }
  return times
}

function freshnessFigures(times: readonly number[]): Figure[] {
  const [p50, p99] = [quantile(times, 0.5), quantile(times, 0.99)]
  const note = `${times.length} events, at ${RATE} events/s`
  return [
    { name: 'freshness, p50', value: p50, unit: 'ms', target: { text: '≤ 50 ms', reached: p50 <= 50 }, note },
    {
      name: 'freshness, p99',
      value: p99,
      unit: 'ms',
      target: { text: '≤ 250 ms', reached: p99 <= 250 },
      note,
    },
  ]
}

function queryFigure(times: readonly number[]): Figure {
  const p99 = quantile(times, 0.99)
  const note = `p50 ${quantile(times, 0.5).toFixed(2)} ms, ${times.length} queries, at ${RATE} events/s`
  const target = { text: '≤ 10 ms', reached: p99 <= 10 }
  return { name: 'query of 24 windows of 1 group in 10,000, p99', value: p99, unit: 'ms', target, note }
}

function startFigure(ms: number): Figure {
  return {
    name: 'start to ready, with data',
    value: ms,
    unit: 'ms',
    target: { text: '≤ 3 s', reached: ms <= 3000 },
  }
}
