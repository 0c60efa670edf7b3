import { advanceTo, type LogShared, releaseTo } from '../../../drivers/stream/log/shared.ts'

import type { Hold } from '../held-reader.ts'

/**
 * What the lanes of one machine tell each other and the other threads, in memory that all of them see: how
 * far each has come, how far its checkpoint is durable, when the newest event it has applied was received,
 * and where all of them are held.
 */
export type LaneWords = {
  readonly positions: BigInt64Array<SharedArrayBuffer>
  readonly releases: BigInt64Array<SharedArrayBuffer>
  /** ms since 1970; 0 before the first. */
  readonly applied: Float64Array<SharedArrayBuffer>
  /** One number: lanes see the log as if it ended there; infinite while they see all of it. */
  readonly hold: Float64Array<SharedArrayBuffer>
  /** One number: how often views were changed by others than the lanes. */
  readonly changes: BigInt64Array<SharedArrayBuffer>
}

export function newLaneWords(lanes: number): LaneWords {
  const bytes = 8 * lanes
  return {
    positions: new BigInt64Array(new SharedArrayBuffer(bytes)),
    releases: new BigInt64Array(new SharedArrayBuffer(bytes)),
    applied: new Float64Array(new SharedArrayBuffer(bytes)),
    hold: new Float64Array(new SharedArrayBuffer(8)).fill(Number.POSITIVE_INFINITY),
    changes: new BigInt64Array(new SharedArrayBuffer(8)),
  }
}

export function lanePosition({ positions }: LaneWords, lane: number): number {
  return Number(Atomics.load(positions, lane))
}

/** Tells how far a lane has come; the log learns of the slowest. */
export function advanceLane(shared: LogShared, words: LaneWords, lane: number, lsn: number): void {
  Atomics.store(words.positions, lane, BigInt(lsn))
  advanceTo(shared, 'speed', slowest(words.positions))
}

/** Tells that a lane's checkpoint at `lsn` is durable. */
export function releaseLane(shared: LogShared, words: LaneWords, lane: number, lsn: number): void {
  Atomics.store(words.releases, lane, BigInt(lsn))
  releaseTo(shared, 'speed', slowest(words.releases))
}

function slowest(values: BigInt64Array): number {
  let least = Infinity
  for (let lane = 0; lane < values.length; lane++) least = Math.min(least, Number(Atomics.load(values, lane)))
  return least
}

/** Where all lanes are held, for a reader. */
export function holdOf({ hold }: Pick<LaneWords, 'hold'>): Hold {
  return {
    get end() {
      return hold[0]!
    },
    set end(lsn) {
      hold[0] = lsn
    },
  }
}

/** Tells that views, or what is said of them, were changed by others than the lanes. */
export function viewsChanged({ changes }: Pick<LaneWords, 'changes'>): void {
  Atomics.add(changes, 0, 1n)
}

/** Another text after whatever may have changed real-time views. */
export function viewsMark({ positions, changes }: LaneWords): string {
  let mark = String(Atomics.load(changes, 0))
  for (let lane = 0; lane < positions.length; lane++) mark += ` ${Atomics.load(positions, lane)}`
  return mark
}

/** How far the slowest lane has come. */
export function slowestLane({ positions }: LaneWords): number {
  return slowest(positions)
}

/** How long after its receipt the slowest lane applies events, ms; 0 where every lane is at the end. */
export function laneLag(words: LaneWords, end: number, now: number): number {
  let lag = 0
  for (let lane = 0; lane < words.applied.length; lane++)
    if (lanePosition(words, lane) < end) lag = Math.max(lag, now - (words.applied[lane] || now))
  return lag
}
