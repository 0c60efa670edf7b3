import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { PlatformProcess } from '../platform-process.ts'

/** What the load generator says: once a second, and at the end with `last`. */
export type LoadReport = {
  readonly sentEvents: number
  readonly acceptedEvents: number
  readonly refusedRequests: number
  /** ms since the load began. */
  readonly at: number
  readonly last?: true
  /** Answer times of requests, ms. */
  readonly p50?: number
  readonly p99?: number
}

export type TripLoad = {
  readonly rate: number
  readonly seconds: number
  readonly perRequest?: number
  readonly connections?: number
  readonly boards?: number
  readonly hours?: number
  readonly seed?: number
}

/** Sends trips from a process of its own; resolves with its last report. */
export async function sendTrips(
  platform: PlatformProcess,
  load: TripLoad,
  onReport: (report: LoadReport) => void = () => undefined,
): Promise<LoadReport> {
  const options = { perRequest: 100, connections: 32, boards: 500, hours: 0.05, seed: 1, ...load }
  const child = spawn(
    process.execPath,
    [
      join(import.meta.dirname, 'trip-load.ts'),
      JSON.stringify({ ...options, port: platform.port, key: platform.key }),
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  let last: LoadReport | undefined
  let rest = ''
  child.stdout.on('data', chunk => {
    const lines = (rest + String(chunk)).split('\n')
    rest = lines.pop()!
    for (const line of lines) {
      const report = JSON.parse(line) as LoadReport
      if (report.last) last = report
      onReport(report)
    }
  })
  await once(child, 'close')
  if (last === undefined) throw new Error('the load generator ended without a report')
  return last
}
