import { setTimeout as sleep } from 'node:timers/promises'
import { TributaryError } from '../../core/errors.ts'
import type { EpochRequest, ItemWrite, PartialQuery } from '../../core/ports/views.ts'
import { padSequence } from '../../core/position.ts'
import { openDeadLetters } from '../../drivers/dead-letters/files.ts'
import { embeddedPaths, openSpeedEngines } from '../../drivers/embedded.ts'
import { loadPipeline } from '../../drivers/pipeline/folder.ts'
import { openLogReader } from '../../drivers/stream/log-reader.ts'
import { advance, type LogShared, logStart, release } from '../../drivers/stream/log-shared.ts'
import { createHandler } from '../../functions/speed.ts'
import { createApplySpeed } from '../../steps/apply-speed.ts'
import { checkpointLoop } from './checkpoint-loop.ts'
import { createPump, type Pump } from './pump.ts'
import { createRawDelivery, type RawDelivery, type RawDeliveryStats } from './raw-delivery.ts'

/** What the stream thread is started with; passes through `workerData`. */
export type StreamThreadData = {
  /** Data folder. */
  readonly data: string
  readonly pipeline: string
  readonly shared: LogShared
  /** One number: when the newest event that the speed layer has applied was received, ms since 1970. */
  readonly applied: Float64Array<SharedArrayBuffer>
  readonly epochLength: number
  readonly dedupeHorizon: number
}

/** How the stream's consumers are doing. */
export type StreamStatus = {
  readonly speed: {
    readonly state: string
    readonly counted: number
    readonly duplicates: number
    readonly retries: number
    readonly dead: number
    readonly lastError: string | null
  }
  readonly raw: {
    readonly state: string
    readonly records: number
    readonly failures: number
    readonly lastError: string | null
  }
  readonly markers: { readonly entries: number; readonly spilledTables: number; readonly memoryBytes: number }
  readonly checkpoint: {
    readonly at: number
    readonly changedItems: number
    readonly lastError: string | null
  }
}

/** Through which record the paused speed layer has applied everything. */
export type SpeedPosition = { readonly sequence: string }

/** Longest time that raw delivery may need to reach the paused speed layer, ms. */
const PAUSE_TIMEOUT = 60_000
const PAUSE_POLL = 10

/**
 * Opens the consumers of the stream: speed layer and raw delivery, each going on from its own checkpoint.
 *
 * @returns what other threads may call
 */
export async function openStreamThread(data: StreamThreadData, report: (failure: TributaryError) => void) {
  const { shared, applied } = data
  const paths = embeddedPaths(data.data)
  const pipeline = await loadPipeline(data.pipeline)
  const { views, checkpoint, markers, close } = await openSpeedEngines(paths, pipeline, data)
  const deadLetters = await openDeadLetters({ dir: paths.deadLetters })
  const totals = { counted: 0, duplicates: 0 }

  const from = checkpoint.position ?? logStart(shared)
  advance(shared, 'speed', from)
  release(shared, 'speed', from)
  const reader = openLogReader(paths.log, shared)
  const pump = createPump({
    reader,
    shared,
    consumer: 'speed',
    from,
    onFailure: deadLetters.put,
    report,
    handler: createHandler({
      applySpeed: createApplySpeed({ pipeline, markers, views }),
      deadLetters,
      report: outcome => {
        totals.counted += outcome.counted
        totals.duplicates += outcome.duplicates
        applied[0] = Math.max(applied[0]!, outcome.receivedAt)
      },
    }),
  })
  const checkpoints = checkpointLoop({
    report,
    save: async () => {
      const position = pump.position()
      await markers.checkpoint()
      await checkpoint.save(position)
      release(shared, 'speed', position)
    },
  })
  const rawReader = openLogReader(paths.log, shared)
  const raw = createRawDelivery({
    reader: rawReader,
    shared,
    lake: paths.lake,
    statePath: paths.rawDelivery,
    report,
  })

  return {
    query: (query: PartialQuery & { readonly after: number | undefined }) => views.query(query),
    epoch: (request: EpochRequest) => views.epoch(request),
    drop: (metric: string, epoch: number) => views.drop(metric, epoch),
    write: (writes: readonly ItemWrite[]) => views.write(writes),
    pause: () => pauseSpeed(pump, raw),
    resume: async () => pump.resume(),
    drain: (timeoutMs: number) => pump.drain(timeoutMs),
    status: async (): Promise<StreamStatus> => {
      const { state, retries, dead, lastError } = pump.stats()
      return {
        speed: { state, ...totals, retries, dead, lastError: lastError?.message ?? null },
        raw: rawStatus(raw.stats()),
        markers: markers.stats(),
        checkpoint: { ...checkpoints.stats(), changedItems: checkpoint.dirty() },
      }
    },
    /** Finishes what is under way and makes it durable. */
    close: async () => {
      await pump.stop()
      await raw.stop()
      await checkpoints.stop()
      await markers.close()
      reader.close()
      rawReader.close()
      await close()
    },
  }
}

function rawStatus({ state, records, failures, lastError }: RawDeliveryStats): StreamStatus['raw'] {
  return { state, records, failures, lastError: lastError?.message ?? null }
}

/** Stops the speed layer where the raw lake holds everything it has applied. */
async function pauseSpeed(pump: Pump, raw: RawDelivery): Promise<SpeedPosition> {
  await pump.pause()
  const position = pump.position()
  const end = Date.now() + PAUSE_TIMEOUT
  while (raw.position() < position) {
    if (Date.now() > end) {
      pump.resume()
      throw new TributaryError(
        'timeout',
        `raw delivery did not reach the speed layer within ${PAUSE_TIMEOUT} ms`,
      )
    }
    await sleep(PAUSE_POLL)
  }
  // A record's sequence number is its place in the log: everything before the position is applied, nothing from it on.
  return { sequence: padSequence(String(position - 1)) }
}
