import type { TributaryError } from '../../../core/errors.ts'
import type { Markers } from '../../../core/ports/markers.ts'
import type { EpochRequest, ItemWrite, RealTimeQuery } from '../../../core/ports/views.ts'
import { embeddedPaths, laneFolder, openLaneEngines } from '../../../drivers/compose/embedded.ts'
import { openEmbeddedLogReader, openLaneDeadLetters } from '../../../drivers/compose/embedded-lines.ts'
import type { MarkersPlace } from '../../../drivers/markers/table/place.ts'
import { loadPipeline } from '../../../drivers/pipeline/folder.ts'
import { type LogShared, readableFrom } from '../../../drivers/stream/log/shared.ts'
import { itemCount } from '../../../drivers/views/memory/epochs.ts'
import { type EpochKeys, keysOf } from '../../../drivers/views/memory/keys.ts'
import { createConsumer } from '../../../functions/sources/speed.ts'
import { createApplySpeed } from '../../../steps/apply-speed.ts'
import { createHeldReader } from '../held-reader.ts'
import { startMemoryGuard } from '../memory-guard.ts'
import { startPump } from '../pump.ts'
import { advanceLane, holdOf, type LaneWords, releaseLane } from './lane-words.ts'
import type { PublishedClaims } from './published-claims.ts'
import { reportedDeadLetters } from './reported-dead-letters.ts'

/** What a lane is opened with; passes through `workerData`. */
export type LaneData = {
  /** Data folder. */
  readonly data: string
  readonly pipeline: string
  readonly shared: LogShared
  readonly words: LaneWords
  readonly lane: number
  /** How many lanes there are. */
  readonly lanes: number
  /** Most real-time items that may be in memory. */
  readonly maxItems: number
}

export type LaneStatus = {
  readonly state: string
  readonly counted: number
  readonly duplicates: number
  readonly retries: number
  readonly dead: number
  readonly lastError: string | null
  readonly changedItems: number
}

/** What a lane offers, in its own thread or in another. */
export type LaneOffers = Awaited<ReturnType<typeof openLane>>

/** Who hears of a lane. */
export type LaneListeners = {
  readonly report: (failure: TributaryError) => void
  /** How much of its views is read, before it is open. */
  readonly progress: (how: string) => void
  /** How far the lane has come. */
  readonly onPosition?: (lsn: number) => void
}

/** Records of a batch at most: a stream that is behind catches up in larger steps. */
const BATCH_SIZE = 1000

/**
 * Opens a lane: the one consumer of its partitions, with a reader, a position, views and a checkpoint of its
 * own.
 *
 * @param markers its own, or the verdicts on what was claimed ahead of it, and what may be read by them
 */
export async function openLane(
  data: LaneData,
  markers: Pick<Markers, 'claim'> & Partial<Pick<PublishedClaims, 'judgedOnly'>>,
  { report, progress, onPosition = () => undefined }: LaneListeners,
) {
  const { shared, words, lane, lanes } = data
  const paths = embeddedPaths(data.data)
  const pipeline = await loadPipeline(data.pipeline)
  const { views, checkpoint, close } = openLaneEngines(paths, pipeline, lane, lanes, progress)
  const deadLetters = reportedDeadLetters(await openLaneDeadLetters(paths, lane, lanes), report)
  const totals = { counted: 0, duplicates: 0 }
  const consume = createConsumer({
    applySpeed: createApplySpeed({ pipeline, markers, views, lanes }),
    deadLetters,
    report: outcome => {
      totals.counted += outcome.counted
      totals.duplicates += outcome.duplicates
      words.applied[lane] = Math.max(words.applied[lane]!, outcome.receivedAt)
    },
  })
  const from = readableFrom(shared, checkpoint.position, laneFolder(paths, lanes))
  releaseLane(shared, words, lane, from)
  const held = createHeldReader(openEmbeddedLogReader(paths, shared), holdOf(words))
  const reader = markers.judgedOnly?.(held) ?? held
  const pump = startPump({
    ...{ reader, shared, consumer: 'speed', from, batchSize: BATCH_SIZE },
    isWanted: ({ partition }) => partition % lanes === lane,
    onPosition: lsn => {
      advanceLane(shared, words, lane, lsn)
      onPosition(lsn)
    },
    onFailure: deadLetters.put,
    report,
    handler: records => consume(records, `lane-${lane}`),
  })
  const guard = startMemoryGuard({
    items: () => itemCount(views.index),
    limit: data.maxItems,
    hold: () => pump.pause(),
    release: () => pump.resume(),
    report,
  })

  return {
    query: (query: RealTimeQuery) => views.query(query),
    epoch: (request: EpochRequest) => views.epoch(request),
    keys: async (metric: string, epoch: number): Promise<EpochKeys> => keysOf(views.index, metric, epoch),
    drop: (metric: string, through: number | 'all') => views.drop(metric, through),
    write: (writes: readonly ItemWrite[]) => views.write(writes),
    /** Makes everything applied up to a position durable, its markers being durable so far. */
    save: async (position: number, durable: MarkersPlace): Promise<void> => {
      await checkpoint.save(position, durable)
      releaseLane(shared, words, lane, position)
    },
    status: async (): Promise<LaneStatus> => {
      const { state, retries, dead, lastError } = pump.stats()
      const reason = guard.reason() ?? lastError?.message ?? null
      return { state, ...totals, retries, dead, lastError: reason, changedItems: checkpoint.dirty() }
    },
    /** Ends delivery; what is applied can still be saved. */
    stop: async (): Promise<void> => {
      guard.stop()
      await pump.stop()
      reader.close()
    },
    close: async (): Promise<void> => close(),
  }
}
