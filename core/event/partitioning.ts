import type { Partitions } from './partition.ts'

/** From the epoch `from` on, ms since 1970, events are spread over these partitions. */
export type Spread = Partitions & { readonly from: number }

/**
 * How the events of a stage are partitioned: what the ledger records of it.
 *
 * A partition is read in the order of one shard's sequence numbers, and its real-time items hold the last one
 * applied. With another number of partitions its events would lie on another shard, whose sequence numbers
 * cannot be compared with those. So no change takes a number of a partition up again: the partitions of a
 * spread are numbered after all of the one before.
 */
export type Partitioning = {
  /** Length of an epoch, ms: the same for the life of a stage (decision 0057). */
  readonly epochLength: number
  /** Oldest first; at least one. */
  readonly spreads: readonly Spread[]
}

/** Earlier versions numbered up to this, and recorded nothing; what is recorded begins after them. */
const FIRST = 10_000

/** Spreads kept. Only events that are on their way to the stream ask, and those are of the last two. */
const KEPT = 32

/**
 * Clocks of two containers differ by less than this, ms. A change takes effect at the first epoch that begins
 * later: no container can have stamped with it yet, nor have read what was recorded before for it.
 */
export const PARTITIONING_SKEW_MS = 60_000

/** What is recorded first. */
export function newPartitioning(epochLength: number, count: number): Partitioning {
  return { epochLength, spreads: [{ from: 0, first: FIRST, count }] }
}

/**
 * The record with more partitions from the next epoch on; undefined where it has as many already, or more.
 *
 * @param now ms since 1970
 */
export function grown(partitioning: Partitioning, count: number, now: number): Partitioning | undefined {
  const { epochLength, spreads } = partitioning
  const last = spreads.at(-1)!
  if (count <= last.count) return undefined
  const from = nextEpoch(now + PARTITIONING_SKEW_MS, epochLength)
  const spread = { from, first: last.first + last.count, count }
  return { epochLength, spreads: [...spreads, spread].slice(-KEPT) }
}

function nextEpoch(ms: number, epochLength: number): number {
  return (Math.floor(ms / epochLength) + 1) * epochLength
}

/** The partitions of an epoch. */
export function spreadAt({ spreads }: Partitioning, epoch: number): Spread {
  return spreads.findLast(({ from }) => from <= epoch) ?? spreads[0]!
}

/** The partitions that one is of; undefined for a number that no partition has. */
export function spreadOf({ spreads }: Partitioning, partition: number): Spread | undefined {
  return spreads.find(({ first, count }) => partition >= first && partition < first + count)
}
