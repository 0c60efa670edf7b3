import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { trip } from '../suites/trip-events.ts'
import type { LoadReport } from '../suites/trip-loads.ts'
import { type Running, start } from './process.ts'

/** What a load was answered, over the time that counts. */
export type Answered = {
  readonly perSecond: number
  /** Events accepted since the load began, those of the warm-up too. */
  readonly total: number
  readonly refusedRequests: number
  /** Answer times, ms, since the load began. */
  readonly p50: number
  readonly p99: number
}

/** A load of trips: where it runs, how fast, how long. */
export type Load = {
  readonly cores: string
  /** Events a second; 0: as fast as answers come. */
  readonly rate: number
  /** Seconds that do not count: client and server compile what runs hot. */
  readonly warm: number
  readonly seconds: number
  /** Makes ids differ between loads. */
  readonly seed: number
  readonly isSingle?: boolean
}

/** The spread of trips in all loads of peers: 500 boards, event times over three minutes. */
export const SPREAD = { boards: 500, hours: 0.05 } as const

/** Trips whose ids are still to be written, one a line, for loads that are not JavaScript. */
export function writeTrips(folder: string, count = 6400): string {
  const file = join(folder, 'trips.ndjson')
  writeFileSync(
    file,
    Array.from({ length: count }, (_, i) => `${JSON.stringify(trip(i, SPREAD))}\n`).join(''),
  )
  return file
}

/** The command of the load generator over HTTP: 32 connections, 100 events a request or one. */
export function httpLoad(port: number, key: string, { rate, warm, seconds, seed, isSingle }: Load): string[] {
  const shape = { perRequest: isSingle ? 1 : 100, connections: 32, ...SPREAD }
  const options = { port, key, rate, seconds: warm + seconds, seed, ...shape }
  return [
    process.execPath,
    join(import.meta.dirname, '..', 'suites', 'trip-load.ts'),
    JSON.stringify(options),
  ]
}

/** Runs a load generator; `onCounting` is called when the warm-up is over. */
export async function answered(
  command: readonly string[],
  { cores, warm, seconds }: Load,
  onCounting: () => void = () => undefined,
): Promise<Answered> {
  const reports: LoadReport[] = []
  const isCounted = ({ at }: LoadReport) => at >= warm * 1000 - 100
  const load: Running = start(command, {
    cores,
    onLine(line) {
      const report = JSON.parse(line) as LoadReport
      if (isCounted(report) && !reports.some(isCounted)) onCounting()
      reports.push(report)
    },
  })
  await load.ended((warm + seconds + 60) * 1000)
  const [from, to] = [reports.find(isCounted), reports.at(-1)]
  if (from === undefined || !to?.last) throw new Error('the load generator ended without a report')
  return {
    perSecond: ((to.acceptedEvents - from.acceptedEvents) / (to.at - from.at)) * 1000,
    total: to.acceptedEvents,
    refusedRequests: to.refusedRequests - from.refusedRequests,
    p50: to.p50 ?? Number.NaN,
    p99: to.p99 ?? Number.NaN,
  }
}
