import type { Metric } from '../../core/metric-plan.ts'
import type { Contract } from '../../core/pipeline.ts'
import { WINDOWS } from '../../core/time.ts'
import { defaultLayout } from '../../drivers/views/dynamodb-layout.ts'
import type { groupSizes } from './item-sizes.ts'
import { ROUNDING } from './prices.ts'
import { hit } from './workload.ts'

/** Units of DynamoDB that the real-time items of a metric take, a second. */
export type Units = { readonly writes: number; readonly reads: number }

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
 * Units for the items of one metric. In each batching window a partition's events hit some of its items; each is read and
 * written once. Items grow from the start of their window, so their size is averaged over its length; and each is deleted once.
 */
export function unitsOfMetric(task: ItemsOfMetric): Units {
  const { metric, partitions, freshness, epochLength, eventsPerSecond } = task
  const groups = groupsOfPartition(task)
  const life = Math.min(WINDOWS[metric.window], epochLength) / 1000
  const eventsOfPartition = eventsPerSecond / partitions
  const perFlush = eventsOfPartition * freshness
  let writes = 0
  let reads = 0
  for (let step = 0; step < STEPS; step++) {
    const age = (life * (step + 0.5)) / STEPS
    const { items, bytes } = physicalItems(task, groups, (eventsOfPartition * age) / groups)
    const touched = hit(items, perFlush)
    writes += touched * Math.ceil(bytes / ROUNDING.dynamodbWriteBytes)
    reads += touched * Math.ceil(bytes / ROUNDING.dynamodbReadBytes)
  }
  const flushes = partitions / freshness / STEPS
  const last = physicalItems(task, groups, (eventsOfPartition * life) / groups)
  const deletes = (partitions * last.items * Math.ceil(last.bytes / ROUNDING.dynamodbWriteBytes)) / life
  return { writes: writes * flushes + deletes, reads: reads * flushes }
}

/** Groups that a partition has events of: its share where the partition follows from the group, else all of them. */
function groupsOfPartition({ metric, contract, groups, partitions }: ItemsOfMetric): number {
  const by = new Set(metric.by.map(field => field.name))
  const follows = contract.partitionBy.every(field => by.has(field.name))
  return follows ? Math.max(1, groups / partitions) : groups
}

/** Physical items of a window and partition, and the bytes of one, with so many events in a group: small groups share one. */
function physicalItems(
  { metric, sizes }: ItemsOfMetric,
  groups: number,
  events: number,
): { items: number; bytes: number } {
  const { text, stored } = sizes(events)
  const layout = defaultLayout({ kinds: metric.kinds, windowLength: WINDOWS[metric.window] })
  // Items split in two when they are full, so they are three quarters full on average.
  const sharing = Math.max(1, Math.min(layout.groups, groups, Math.floor((layout.packTo * 0.75) / text)))
  return { items: Math.ceil(groups / sharing), bytes: sharing === 1 ? stored : sharing * text }
}
