import type { LogStatus } from '../drivers/stream/log/log.ts'
import type { HealthReport } from '../functions/health.ts'
import type { ShownHold } from '../steps/batch/held.ts'
import type { InboxState } from './batch/inbox-state.ts'
import type { WarehouseLag } from './batch/warehouse-watch.ts'
import { CLOCK_LIMIT } from './clock-watch.ts'
import type { StreamStatus } from './stream/stream-thread.ts'

/** State of the batch thread, as it reports it. */
export type BatchStatus = {
  /** Epoch each metric's batch views go through, ISO; null before the first. */
  readonly boundaries: Readonly<Record<string, string | null>>
  /** Metrics whose boundary has stood for longer than their schedule explains. */
  readonly standing: readonly string[]
  readonly running: number
  readonly lastFailure: string | null
  /** Metrics and types whose numbers wait, with the reason. */
  readonly held: readonly ShownHold[]
  readonly inbox: InboxState
  readonly warehouse: { readonly state: 'on' | 'off' | 'starting' | 'unavailable' } & WarehouseLag
}

type Part = HealthReport['parts'][string]

/** Speed layer further behind than this is degraded, ms. */
const LAG_LIMIT = 10_000

/**
 * Asks every part how it is. A part that does not answer is `starting` before its first answer, `degraded`
 * after.
 */
export function healthOf(parts: {
  readonly log: () => LogStatus
  /** How far receipts are ahead of the machine's clock, ms. */
  readonly clockAhead: () => number
  readonly lag: () => number
  readonly stream: () => Promise<StreamStatus>
  readonly batch: () => Promise<BatchStatus>
}): () => Promise<HealthReport> {
  const hasAnswered = { stream: false, batch: false }

  const ask = async <T>(name: 'stream' | 'batch', call: () => Promise<T>): Promise<T | undefined> => {
    try {
      const answer = await call()
      hasAnswered[name] = true
      return answer
    } catch {
      // Health is the report of it: the part shows as not answering.
      return undefined
    }
  }

  return async () => {
    const [stream, batch] = await Promise.all([ask('stream', parts.stream), ask('batch', parts.batch)])
    const silent = (name: 'stream' | 'batch'): Part => ({
      status: hasAnswered[name] ? 'degraded' : 'starting',
    })
    const all = {
      ingest: ingestPart(parts.log(), parts.clockAhead()),
      speed: stream === undefined ? silent('stream') : speedPart(stream, parts.lag()),
      raw: stream === undefined ? silent('stream') : rawPart(stream),
      batch: batch === undefined ? silent('batch') : batchPart(batch),
      ...(batch !== undefined && { inbox: inboxPart(batch), warehouse: warehousePart(batch) }),
    }
    const states = Object.values(all).map(({ status }) => status)
    const status = states.includes('starting') ? 'starting' : states.includes('degraded') ? 'degraded' : 'ok'
    return { status, parts: all }
  }
}

function ingestPart({ refusing, lagBytes, queuedBytes, storedBytes }: LogStatus, clockAheadMs: number): Part {
  return {
    status: refusing === undefined && clockAheadMs < CLOCK_LIMIT ? 'ok' : 'degraded',
    refusing: refusing ?? null,
    clockAheadMs,
    lagBytes,
    queuedBytes,
    storedBytes,
  }
}

function speedPart({ speed, markers, checkpoint }: StreamStatus, lagMs: number): Part {
  const isWell =
    speed.lastError === null && checkpoint.lastError === null && speed.state !== 'failed' && lagMs < LAG_LIMIT
  return {
    ...speed,
    status: isWell ? 'ok' : 'degraded',
    lagMs,
    markers: markers.entries,
    spilledTables: markers.spilledTables,
    checkpointAt: new Date(checkpoint.at).toISOString(),
    checkpointError: checkpoint.lastError,
  }
}

function rawPart({ raw }: StreamStatus): Part {
  return { ...raw, status: raw.lastError === null ? 'ok' : 'degraded' }
}

function batchPart({ boundaries, standing, running, lastFailure, held }: BatchStatus): Part {
  const isWell = lastFailure === null && held.length === 0 && standing.length === 0
  return {
    status: isWell ? 'ok' : 'degraded',
    ...{ boundaries, running, lastFailure },
    ...(held.length > 0 && { held }),
    ...(standing.length > 0 && { standing, remedy: 'npx tributary runs list: what the newest batches did' }),
  }
}

function inboxPart({ inbox }: BatchStatus): Part {
  return { status: inbox.failed + inbox.left === 0 ? 'ok' : 'degraded', ...inbox }
}

/** Numbers are exact without it: behind, it is degraded by itself and holds up nothing. */
function warehousePart({ warehouse: { state, since, behind, behindMs } }: BatchStatus): Part {
  const isWell = (state === 'on' || state === 'off') && since === null
  return { status: isWell ? 'ok' : 'degraded', state, since, behind, behindMs }
}
