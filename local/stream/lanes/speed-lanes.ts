import type { Pipeline } from '../../../core/declare/pipeline.ts'
import type { TributaryError } from '../../../core/errors.ts'
import type { EmbeddedPaths } from '../../../drivers/compose/embedded.ts'
import { openEmbeddedLogReader } from '../../../drivers/compose/embedded-lines.ts'
import type { MarkerTable } from '../../../drivers/markers/table/table.ts'
import { createHeldReader } from '../held-reader.ts'
import { startPump } from '../pump.ts'
import { claimAhead } from './claims-ahead.ts'
import { type LaneData, type LaneOffers, openLane } from './lane.ts'
import { startLaneThread } from './lane-thread.ts'
import { lanePosition, slowestLane } from './lane-words.ts'

/** The lanes of the speed layer, and what claims for them. */
export type SpeedLanes = {
  readonly lanes: readonly LaneOffers[]
  /** Why claims are not made ahead of the lanes, which then wait; undefined where they are. */
  readonly failure: () => TributaryError | undefined
  /**
   * Makes durable what is applied now: markers first, for an event may not be applied durably and its id be
   * unknown.
   */
  save(): Promise<void>
  stop(): Promise<void>
  close(): Promise<void>
}

export type SpeedLanesOptions = Omit<LaneData, 'lane'> & {
  readonly pipelineOf: Pipeline
  readonly paths: Pick<EmbeddedPaths, 'log'>
  readonly markers: MarkerTable
  /** Heap for all lanes, MB. */
  readonly heapMb: number
  readonly report: (failure: TributaryError) => void
  readonly progress: (how: string) => void
}

/**
 * How much of the log may be claimed before the slowest lane has applied it: enough that no lane waits, and
 * little enough that a restart, which claims from that lane's place on again, finds every marker that the
 * claims were judged by.
 */
const LEAD_BYTES = 1 << 22

/**
 * Opens the lanes: one in this thread, which then claims for itself; several in threads of their own, with
 * claims made ahead of them.
 */
export function openSpeedLanes(options: SpeedLanesOptions): Promise<SpeedLanes> {
  return options.lanes === 1 ? oneLane(options) : severalLanes(options)
}

async function oneLane({ markers, report, progress, ...data }: SpeedLanesOptions): Promise<SpeedLanes> {
  const lane = await openLane({ ...data, lane: 0 }, markers, { report, progress })
  return {
    lanes: [lane],
    failure: () => undefined,
    async save() {
      const through = lanePosition(data.words, 0)
      await markers.checkpoint()
      await lane.save(through, markers.durable())
    },
    stop: () => lane.stop(),
    close: () => lane.close(),
  }
}

async function severalLanes(options: SpeedLanesOptions): Promise<SpeedLanes> {
  const { pipelineOf, paths, markers, heapMb, report, progress, lanes: count, shared, words } = options
  const { data, pipeline, maxItems } = options
  const lanes = Array.from({ length: count }, (_, lane) =>
    startLaneThread(
      { ...{ data, pipeline, shared, words, lane, lanes: count }, maxItems: maxItems / count },
      Math.ceil(heapMb / count),
      { report, progress: how => progress(`lane ${lane}: ${how}`) },
    ),
  )
  await Promise.all(lanes.map(({ ready }) => ready))
  const reader = createHeldReader(openEmbeddedLogReader(paths, shared), {
    get end() {
      return Math.min(words.hold[0]!, slowestLane(words) + LEAD_BYTES)
    },
  })
  // From the slowest lane on: markers know what was claimed before, and answer the same again.
  const from = slowestLane(words)
  const ahead = startPump({
    ...{ reader, shared, consumer: 'speed', from },
    onPosition: () => undefined,
    handler: claimAhead(pipelineOf, markers, judged => {
      for (const lane of lanes) lane.judged(judged)
    }),
    // A claim is never given up: no lane goes on without it.
    maxRetries: Number.POSITIVE_INFINITY,
    onFailure: () => Promise.reject(new Error('claims are not given up')),
    report,
  })
  return {
    lanes,
    failure: () => ahead.stats().lastError,
    async save() {
      const through = lanes.map((_, lane) => Math.min(lanePosition(words, lane), ahead.position()))
      await markers.checkpoint()
      const durable = markers.durable()
      await Promise.all(lanes.map((lane, i) => lane.save(through[i]!, durable)))
    },
    async stop() {
      await Promise.all(lanes.map(lane => lane.stop()))
      await ahead.stop()
      reader.close()
    },
    async close() {
      await Promise.all(lanes.map(lane => lane.close()))
    },
  }
}
