import { setTimeout as sleep } from 'node:timers/promises'
import { padSequence } from '../../core/data/position.ts'
import { TributaryError } from '../../core/errors.ts'
import type { EpochRequest, ItemWrite, PartialQuery } from '../../core/ports/views.ts'
import { embeddedPaths, openSpeedEngines } from '../../drivers/compose/embedded.ts'
import { openDeadLetters } from '../../drivers/dead-letters/files.ts'
import { loadPipeline } from '../../drivers/pipeline/folder.ts'
import { openLogReader } from '../../drivers/stream/log/reader.ts'
import { advance, committedEnd, type LogShared, logStart, release } from '../../drivers/stream/log/shared.ts'
import { itemCount } from '../../drivers/views/memory/epochs.ts'
import { createConsumer } from '../../functions/speed.ts'
import { createApplySpeed } from '../../steps/apply-speed.ts'
import { checkpointLoop } from './checkpoint-loop.ts'
import { type Hold, heldReader } from './held-reader.ts'
import { guardMemory } from './memory-guard.ts'
import { createPump } from './pump.ts'
import { createRawDelivery, type RawDeliveryStats } from './raw-delivery.ts'

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
  /** Most real-time items that may be in memory. */
  readonly maxItems: number
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

/** Through which record the held consumers have taken everything. */
export type SpeedPosition = { readonly lanes: number; readonly sequence: string }

/** Records of a batch at most: a stream that is behind catches up in larger steps, which update each item less often. */
const BATCH_SIZE = 1000

/** One consumer reads the whole log in order. */
const LANES = 1

/** Longest time that the consumers may need to reach the place where they are held, ms. */
const PAUSE_TIMEOUT = 60_000
const PAUSE_POLL = 10

/** What the stream thread offers to the others. */
export type StreamOffers = Awaited<ReturnType<typeof openStreamThread>>

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
  const hold: Hold = { end: Infinity }
  const reader = heldReader(openLogReader(paths.log, shared), hold)
  const consume = createConsumer({
    applySpeed: createApplySpeed({ pipeline, markers, views, lanes: LANES }),
    deadLetters,
    report: outcome => {
      totals.counted += outcome.counted
      totals.duplicates += outcome.duplicates
      applied[0] = Math.max(applied[0]!, outcome.receivedAt)
    },
  })
  const pump = createPump({
    reader,
    shared,
    consumer: 'speed',
    from,
    batchSize: BATCH_SIZE,
    onFailure: deadLetters.put,
    report,
    handler: records => consume(records, 'log'),
  })
  const guard = guardMemory({
    items: () => itemCount(views.index),
    limit: data.maxItems,
    hold: () => pump.pause(),
    release: () => pump.resume(),
    report,
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
  const rawReader = heldReader(openLogReader(paths.log, shared), hold)
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
    drop: (metric: string, through: number | 'all') => views.drop(metric, through),
    write: (writes: readonly ItemWrite[]) => views.write(writes),
    pause: () => holdBoth(shared, hold, [pump, raw]),
    resume: async () => {
      hold.end = Infinity
    },
    drain: (timeoutMs: number) => pump.drain(timeoutMs),
    status: async (): Promise<StreamStatus> => {
      const { state, retries, dead, lastError } = pump.stats()
      return {
        speed: { state, ...totals, retries, dead, lastError: guard.reason() ?? lastError?.message ?? null },
        raw: rawStatus(raw.stats()),
        markers: markers.stats(),
        checkpoint: { ...checkpoints.stats(), changedItems: checkpoint.dirty() },
      }
    },
    /** Finishes what is under way and makes it durable. */
    close: async () => {
      guard.stop()
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

/** Stops the consumers at one place: the end of the log now, or where they are held already. */
async function holdBoth(
  shared: LogShared,
  hold: Hold,
  consumers: readonly { position(): number }[],
): Promise<SpeedPosition> {
  if (hold.end === Infinity) hold.end = committedEnd(shared)
  const deadline = Date.now() + PAUSE_TIMEOUT
  while (consumers.some(consumer => consumer.position() < hold.end)) {
    if (Date.now() > deadline) {
      hold.end = Infinity
      throw new TributaryError(
        'timeout',
        `the stream's consumers did not reach its end within ${PAUSE_TIMEOUT} ms`,
      )
    }
    await sleep(PAUSE_POLL)
  }
  // A record's sequence number is its place in the log: everything before the end is applied, nothing from it on.
  return { lanes: LANES, sequence: padSequence(String(hold.end - 1)) }
}
