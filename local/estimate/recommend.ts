import { type Estimate, estimate } from './estimate.ts'
import { compressed, RECEIPT_BYTES } from './measured.ts'
import { SHARD } from './prices.ts'
import { eventRate, type Workload } from './workload.ts'

/** A setting that was looked at. */
export type Option = { readonly partitions: number; readonly freshness: number; readonly estimate: Estimate }

export type Recommendation = {
  /** The cheapest setting that is as fresh as asked and takes the load. */
  readonly best: Option
  /**
   * The partition counts looked at, at the freshness asked for, fewest first; those that cannot take the load
   * are left out.
   */
  readonly byPartitions: readonly Option[]
  /** The best partition count at other freshnesses. */
  readonly byFreshness: readonly Option[]
}

const PARTITIONS = [1, 2, 4, 8, 16, 32, 64, 100]
const FRESHNESS = [1, 5, 10, 30, 60, 300]

/** Room for peaks: a partition is to be this far below what one shard takes at the usual rate. */
const HEADROOM = 4
/**
 * Events that one consumer of the speed layer takes a second, measured (docs/performance.md), by far the
 * narrower place.
 */
const CONSUMER_EVENTS = 10_000

/**
 * Finds the cheapest partition count for a freshness. A partition is on one shard and is applied by one batch
 * at a time, so its share of the load, with room for peaks, must fit both; more partitions than that make
 * smaller records and more items.
 */
export function recommend(workload: Workload): Recommendation {
  const at = (partitions: number, freshness: number): Option => ({
    partitions,
    freshness,
    estimate: estimate({ ...workload, partitions, freshness }),
  })
  const enough = PARTITIONS.filter(partitions => takes(workload, partitions))
  const byPartitions = (enough.length > 0 ? enough : PARTITIONS.slice(-1)).map(partitions =>
    at(partitions, workload.freshness),
  )
  const best = byPartitions.reduce((a, b) => (b.estimate.perMillion < a.estimate.perMillion ? b : a))
  return { best, byPartitions, byFreshness: FRESHNESS.map(freshness => at(best.partitions, freshness)) }
}

/** Whether the load, spread over so many partitions, leaves room on each. */
export function takes(workload: Workload, partitions: number): boolean {
  const events = (eventRate(workload) / partitions) * HEADROOM
  const bytes = events * (compressed(workload.batch * (workload.eventBytes + RECEIPT_BYTES)) / workload.batch)
  return bytes <= SHARD.bytesPerSecond && events <= CONSUMER_EVENTS
}
