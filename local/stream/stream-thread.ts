import { setTimeout as sleep } from 'node:timers/promises'
import { padSequence } from '../../core/data/position.ts'
import { floorTo } from '../../core/data/time.ts'
import { seenIds } from '../../core/declare/changes/seen-ids.ts'
import { metricShapes } from '../../core/declare/metric-kinds.ts'
import { TributaryError } from '../../core/errors.ts'
import type { EpochRequest, ItemWrite, RealTimeQuery } from '../../core/ports/views.ts'
import { embeddedPaths, openMarkers } from '../../drivers/compose/embedded.ts'
import { openEmbeddedLogReader, openLaneDeadLetters } from '../../drivers/compose/embedded-lines.ts'
import { loadPipeline } from '../../drivers/pipeline/folder.ts'
import { committedEnd, type LogShared, position } from '../../drivers/stream/log/shared.ts'
import { startCheckpoints } from './checkpoints.ts'
import { createHeldReader } from './held-reader.ts'
import { combinedViews } from './lanes/combined-views.ts'
import { openCountedSince } from './lanes/counted-since.ts'
import type { LaneStatus } from './lanes/lane.ts'
import { holdOf, type LaneWords, viewsChanged } from './lanes/lane-words.ts'
import { reportedDeadLetters } from './lanes/reported-dead-letters.ts'
import { settleLanes } from './lanes/settle-lanes.ts'
import { openSpeedLanes } from './lanes/speed-lanes.ts'
import { claimsOfKeys, findStreamed } from './lanes/whereabouts.ts'
import { type RawDeliveryStats, startRawDelivery } from './raw-delivery.ts'
import { rawDeliverySettings } from './raw-delivery-options.ts'
import { restoreDelivery } from './raw-restore.ts'

/** What the stream thread is started with; passes through `workerData`. */
export type StreamThreadData = {
  /** Data folder. */
  readonly data: string
  readonly pipeline: string
  readonly shared: LogShared
  /** What the lanes share: as many as there are words of each kind. */
  readonly words: LaneWords
  readonly epochLength: number
  /** No event that this process takes in was received earlier, ms since 1970, and none before it later. */
  readonly openedAt: number
  readonly dedupeHorizon: number
  /** Most real-time items that may be in memory. */
  readonly maxItems: number
  /** Heap for all lanes, MB. */
  readonly heapMb: number
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

/** Longest time that the consumers may need to reach the place where they are held, ms. */
const PAUSE_TIMEOUT = 60_000
const PAUSE_POLL = 10

/** What the stream thread offers to the others. */
export type StreamOffers = Awaited<ReturnType<typeof openStreamThread>>

/**
 * Opens the consumers of the stream: speed layer and raw delivery, each going on from its own checkpoint.
 *
 * @param progress told how far it is
 * @returns what other threads may call
 */
export async function openStreamThread(
  data: StreamThreadData,
  report: (failure: TributaryError) => void,
  progress: (how: string) => void = () => undefined,
) {
  const { shared, words } = data
  const lanes = words.applied.length
  const paths = embeddedPaths(data.data)
  const pipeline = await loadPipeline(data.pipeline)
  progress('remembered ids')
  const markers = await openMarkers(paths, data)
  const deadLetters = reportedDeadLetters(await openLaneDeadLetters(paths), report)
  await settleLanes({ paths, pipeline, shared, markers, deadLetters, report, progress }, lanes)
  const { epochLength, openedAt } = data
  const firstWhole = floorTo(openedAt, epochLength) + epochLength
  const countedSince = await openCountedSince(paths, seenIds(pipeline), firstWhole)
  const speed = await openSpeedLanes({
    ...{ ...data, lanes, pipelineOf: pipeline, paths, markers, report, progress },
  })
  const views = combinedViews(speed.lanes, metricShapes(pipeline))
  const checkpoints = startCheckpoints({ report, save: speed.save })
  const rawReader = createHeldReader(openEmbeddedLogReader(paths, shared), holdOf(words))
  const delivery = { reader: rawReader, shared, lake: paths.lake, statePath: paths.rawDelivery, report }
  progress('raw files')
  // What the delivery does itself at its start; here a damaged file ends the start instead of the delivery.
  await restoreDelivery(rawDeliverySettings(delivery))
  const raw = startRawDelivery(delivery)
  const applied = () => position(shared, 'speed')
  const lookUp = openEmbeddedLogReader(paths, shared)

  return {
    findStreamed: (text: string) => findStreamed(lookUp, shared, words, text),
    claimsOf: async (keys: readonly string[]) => claimsOfKeys(markers, keys),
    query: (query: RealTimeQuery) => views.query(query),
    epoch: (request: EpochRequest) => views.epoch(request),
    drop: async (metric: string, through: number | 'all') => {
      await views.drop(metric, through)
      viewsChanged(words)
    },
    write: async (writes: readonly ItemWrite[]) => {
      const written = await views.write(writes)
      viewsChanged(words)
      return written
    },
    pause: () => holdAll(words, committedEnd(shared), () => Math.min(applied(), raw.position())),
    countedSince: () => countedSince.list(),
    noteCounted: async (since: ReadonlyMap<string, number>) => {
      // A crash must not take away what the note says is there.
      await checkpoints.save()
      await countedSince.note(since)
      viewsChanged(words)
    },
    resume: async () => {
      words.hold[0] = Infinity
    },
    drain: (timeoutMs: number) => reaches(committedEnd(shared), applied, timeoutMs),
    status: async (): Promise<StreamStatus> => {
      const { changedItems, ...status } = together(await Promise.all(speed.lanes.map(lane => lane.status())))
      return {
        speed: { ...status, lastError: status.lastError ?? speed.failure()?.message ?? null },
        raw: rawStatus(raw.stats()),
        markers: markers.stats(),
        checkpoint: { ...checkpoints.stats(), changedItems },
      }
    },
    /** Finishes what is under way and makes it durable. */
    close: async () => {
      await speed.stop()
      await raw.stop()
      await checkpoints.stop()
      await markers.close()
      rawReader.close()
      lookUp.close()
      await speed.close()
    },
  }
}

/** The state of all lanes as one: the worst of them, and their counts together. */
function together(lanes: readonly LaneStatus[]): LaneStatus {
  const sum = (count: (lane: LaneStatus) => number) => lanes.reduce((total, lane) => total + count(lane), 0)
  const worst = lanes.find(({ state }) => state !== 'running') ?? lanes[0]!
  return {
    state: worst.state,
    counted: sum(lane => lane.counted),
    duplicates: sum(lane => lane.duplicates),
    retries: sum(lane => lane.retries),
    dead: sum(lane => lane.dead),
    lastError: lanes.find(({ lastError }) => lastError !== null)?.lastError ?? null,
    changedItems: sum(lane => lane.changedItems),
  }
}

function rawStatus({ state, records, failures, lastError }: RawDeliveryStats): StreamStatus['raw'] {
  return { state, records, failures, lastError: lastError?.message ?? null }
}

/** Stops the consumers at one place: the end of the log now, or where they are held already. */
async function holdAll(words: LaneWords, end: number, position: () => number): Promise<SpeedPosition> {
  if (words.hold[0] === Infinity) words.hold[0] = end
  const held = words.hold[0]!
  if (!(await reaches(held, position, PAUSE_TIMEOUT))) {
    words.hold[0] = Infinity
    throw new TributaryError(
      'timeout',
      `the stream's consumers did not reach its end within ${PAUSE_TIMEOUT} ms`,
    )
  }
  // A record's sequence number is its place in the log: everything before the end is applied, nothing from it
  // on.
  return { lanes: words.applied.length, sequence: padSequence(String(held - 1)) }
}

/** Resolves true once the position is there, false after `timeoutMs`. */
async function reaches(end: number, position: () => number, timeoutMs: number): Promise<boolean> {
  const until = performance.now() + timeoutMs
  while (position() < end && performance.now() < until) await sleep(PAUSE_POLL)
  return position() >= end
}
