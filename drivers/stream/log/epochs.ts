import type { EpochCounts } from './ledger-file.ts'
import type { Tally } from './tally.ts'

/** Adds a durable block's counts; `end` is where the block ends in the log. */
export function addToEpochs(epochs: Map<number, EpochCounts>, tally: Tally, end: number): void {
  for (const [epoch, types] of tally) {
    const counts = epochs.get(epoch) ?? { accepted: new Map(), end }
    counts.end = end
    for (const [type, added] of types) counts.accepted.set(type, (counts.accepted.get(type) ?? 0) + added)
    epochs.set(epoch, counts)
  }
}

/** Forgets the oldest epochs beyond `keep`. */
export function pruneEpochs(epochs: Map<number, EpochCounts>, keep: number): void {
  if (epochs.size <= keep) return
  const oldestFirst = [...epochs.keys()].sort((a, b) => a - b)
  for (const epoch of oldestFirst.slice(0, epochs.size - keep)) epochs.delete(epoch)
}

/** Start of the last epoch that has been over for at least `graceMs` at `now` (all in ms). */
export function lastEpochOver(now: number, epochLength: number, graceMs: number): number {
  return (Math.floor((now - graceMs) / epochLength) - 1) * epochLength
}
