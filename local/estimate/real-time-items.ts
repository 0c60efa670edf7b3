import { WINDOWS } from '../../core/data/time.ts'
import type { Metric } from '../../core/declare/metric-plan.ts'
import type { Contract } from '../../core/declare/pipeline.ts'
import { defaultLayout, type Layout } from '../../drivers/views/dynamodb-real-time/layout.ts'
import { expectedWrites } from '../../drivers/views/dynamodb-real-time/units.ts'
import type { groupSizes } from './item-sizes.ts'
import { ROUNDING } from './prices.ts'

/**
 * Units of DynamoDB that the real-time items of a metric take, and bytes that are added to its table, a
 * second.
 */
export type Units = { readonly writes: number; readonly reads: number; readonly bytes: number }

export type ItemsOfMetric = {
  readonly metric: Metric
  readonly contract: Contract
  readonly groups: number
  readonly eventsPerSecond: number
  readonly partitions: number
  /** s. */
  readonly freshness: number
  /** ms. */
  readonly epochLength: number
  readonly sizes: ReturnType<typeof groupSizes>
}

/** Moments of an item's life at which it is looked at. */
const STEPS = 24

/**
 * Units for the items of one metric. In each batching window a partition's events hit some of its items; each
 * is read and written once. Items grow from the start of their window, so their size is averaged over its
 * length; and each is deleted once.
 */
export function unitsOfMetric(task: ItemsOfMetric): Units {
  const { metric, partitions, freshness, epochLength, eventsPerSecond } = task
  const layout = layoutOf(metric)
  const groups = groupsOfPartition(task)
  const life = Math.min(WINDOWS[metric.window], epochLength) / 1000
  const eventsOfPartition = eventsPerSecond / partitions
  const at = (age: number, events: number) => {
    const bytes = task.sizes((eventsOfPartition * age) / groups)
    return expectedWrites({ groups, events, bytes }, layout)
  }
  let writes = 0
  let reads = 0
  for (let step = 0; step < STEPS; step++) {
    const { items, units } = at((life * (step + 0.5)) / STEPS, eventsOfPartition * freshness)
    writes += units
    reads += items * Math.ceil(((units / items) * ROUNDING.dynamodbWriteBytes) / ROUNDING.dynamodbReadBytes)
  }
  const flushes = partitions / freshness / STEPS
  const deletes = (at(life, Number.POSITIVE_INFINITY).units * partitions) / life
  const bytes = deletes * ROUNDING.dynamodbWriteBytes
  return { writes: writes * flushes + deletes, reads: reads * flushes, bytes }
}

/** How the driver lays out the items of a metric. */
export function layoutOf({ kinds, window }: Metric): Layout {
  return defaultLayout({ kinds, windowLength: WINDOWS[window] })
}

/**
 * Groups that a partition has events of: its share where the partition follows from the group, else all of
 * them.
 */
function groupsOfPartition({ metric, contract, groups, partitions }: ItemsOfMetric): number {
  const by = new Set(metric.by.map(field => field.name))
  const follows = contract.partitionBy.every(field => by.has(field.name))
  return follows ? Math.max(1, groups / partitions) : groups
}
