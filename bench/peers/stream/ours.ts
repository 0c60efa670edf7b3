import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type PlatformProcess, startPlatformProcess } from '../../platform-process.ts'
import { trip } from '../../suites/trip-events.ts'
import { httpLoad, SPREAD } from '../load.ts'
import type { Counts, Killable, StreamSystem } from './system.ts'

const SETTINGS = { TRIBUTARY_PIPELINE: join(import.meta.dirname, '..', 'pipeline') }
const NAME = 'Tributary'
const CONFIGURATION = 'whole platform, metric trips_count, synced'
const NOTE = 'over HTTP, every event validated; raw delivery and batches run too'
const VISIBLE = 'visible'

/** The whole platform with one metric. */
export async function openOurs(cores: string): Promise<StreamSystem> {
  const platform = await startPlatformProcess(SETTINGS, undefined, cores)
  return {
    name: NAME,
    configuration: CONFIGURATION,
    note: NOTE,
    load: load => httpLoad(platform.port, platform.key, load),
    counted: () => countedBy(platform),
    rssMb: () => platform.rssMb(),
    latencies: async seconds => ({ [VISIBLE]: await latencies(platform, seconds) }),
    async stop() {
      await platform.stop('SIGKILL')
      platform.dispose()
    },
  }
}

/** The same on a port and a folder that outlive its process. */
export function killableOurs(cores: string, trips: string): Killable {
  const port = 19_096
  const data = mkdtempSync(join(tmpdir(), 'peers-ours-'))
  let platform: PlatformProcess | undefined
  return {
    name: NAME,
    configuration: CONFIGURATION,
    note: `${NOTE}; the killed process is ingest, log and counting in one, so senders try again`,
    resending: rate => [
      process.execPath,
      join(import.meta.dirname, 'resend-load.ts'),
      JSON.stringify({ port, rate, trips }),
    ],
    async start() {
      platform = await startPlatformProcess({ ...SETTINGS, PORT: String(port) }, data, cores)
    },
    kill: async () => platform?.stop('SIGKILL'),
    counts: () => countsOf(platform!),
    async dispose() {
      await platform?.stop('SIGKILL')
      rmSync(data, { recursive: true, force: true })
    },
  }
}

async function countedBy(platform: PlatformProcess): Promise<number> {
  const { parts } = await platform.get<{ parts: { speed: { counted: number } } }>('/v1/health')
  return parts.speed.counted
}

type Rows = {
  readonly rows: readonly {
    readonly window: string
    readonly group: { readonly hoverboard_id: number }
    readonly values: { readonly trips: number }
  }[]
}

async function countsOf(platform: PlatformProcess): Promise<Counts> {
  const { rows } = await platform.get<Rows>('/v1/metrics/trips_count')
  return Object.fromEntries(
    rows.map(({ window, group, values }) => [`${group.hoverboard_id}@${Date.parse(window)}`, values.trips]),
  )
}

/** Each event is a board of its own; from sending it to the first query that shows it. */
async function latencies(platform: PlatformProcess, seconds: number): Promise<readonly number[]> {
  const times: number[] = []
  const end = performance.now() + seconds * 1000
  for (let board = 1_000_000; performance.now() < end; board++) {
    const sent = performance.now()
    await post(platform, board)
    while (!(await isVisible(platform, board))) await sleep(1)
    times.push(performance.now() - sent)
    await sleep(20)
  }
  return times
}

async function post({ port, key }: PlatformProcess, board: number): Promise<void> {
  const event = trip(0, SPREAD)
  const body = { ...event, id: `probe-${board}`, data: { ...event.data, hoverboard_id: board } }
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/cloudevents+json' }
  const init = { method: 'POST', headers, body: JSON.stringify(body) }
  const response = await fetch(`http://127.0.0.1:${port}/v1/events`, init)
  if (response.status !== 202) throw new Error(await response.text())
  await response.arrayBuffer()
}

async function isVisible(platform: PlatformProcess, board: number): Promise<boolean> {
  const { rows } = await platform.get<Rows>(`/v1/metrics/trips_count?where.hoverboard_id=${board}`)
  return rows.length > 0
}
