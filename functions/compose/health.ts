import { formatInstant } from '../../core/data/time.ts'
import type { Pipeline } from '../../core/declare/pipeline.ts'
import { toTributaryError } from '../../core/errors.ts'
import type { Holds } from '../../core/ports/holds.ts'
import type { Run } from '../../core/ports/runs.ts'
import type { SpeedProgress } from '../../core/ports/stream/speed-progress.ts'
import type { BatchViews } from '../../core/ports/views.ts'
import { shownHolds } from '../../steps/batch/held.ts'
import { lastFailure } from '../../steps/batch/last-failure.ts'
import type { HealthReport } from '../health.ts'

export type HealthPorts = {
  readonly pipeline: Pipeline
  readonly holds: Pick<Holds, 'list'>
  readonly progress: Pick<SpeedProgress, 'lag'>
  readonly batch: Pick<BatchViews, 'boundary'>
  readonly runs: { list(limit: number): Promise<readonly Run[]> }
  /** Lag beyond which the speed layer is degraded, ms. */
  readonly lagLimitMs: number
  readonly now: () => number
}

type Part = HealthReport['parts'][string]

/** Anybody may ask for the state, so the tables are asked at most this often, ms. */
const REMEMBERED_MS = 5_000
const RECENT_RUNS = 20

/**
 * State of the platform on AWS, as the views and the record of runs tell it. A part that cannot be asked is
 * degraded.
 */
export function healthOnAws(ports: HealthPorts): () => Promise<HealthReport> {
  let known: { readonly report: Promise<HealthReport>; readonly until: number } | undefined
  return () => {
    if (known === undefined || ports.now() >= known.until)
      known = { report: ask(ports), until: ports.now() + REMEMBERED_MS }
    return known.report
  }
}

async function ask(ports: HealthPorts): Promise<HealthReport> {
  const [speed, batch] = await Promise.all([guarded(() => speedPart(ports)), guarded(() => batchPart(ports))])
  const isWell = speed.status === 'ok' && batch.status === 'ok'
  return { status: isWell ? 'ok' : 'degraded', parts: { ingest: { status: 'ok' }, speed, batch } }
}

async function speedPart({ progress, lagLimitMs }: HealthPorts): Promise<Part> {
  const lagMs = await progress.lag()
  return { status: lagMs > lagLimitMs ? 'degraded' : 'ok', lagMs }
}

async function batchPart({ pipeline, batch, holds, runs }: HealthPorts): Promise<Part> {
  const boundaries = pipeline.metrics.map(async ({ name, id }) => {
    const boundary = await batch.boundary(id)
    return [name, boundary === undefined ? null : formatInstant(boundary.epoch)] as const
  })
  const recent = await runs.list(RECENT_RUNS)
  const failure = lastFailure(pipeline, recent)
  const held = await shownHolds(pipeline, holds)
  return {
    status: failure !== null || held.length > 0 ? 'degraded' : 'ok',
    running: recent.filter(run => run.status === 'running').length,
    lastFailure: failure,
    boundaries: Object.fromEntries(await Promise.all(boundaries)),
    ...(held.length > 0 && { held }),
  }
}

async function guarded(part: () => Promise<Part>): Promise<Part> {
  try {
    return await part()
  } catch (error) {
    return { status: 'degraded', problem: toTributaryError(error).code }
  }
}
