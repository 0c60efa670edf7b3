import { horizonEpochs } from '../../core/data/epoch.ts'
import type { Metric } from '../../core/declare/metric-plan.ts'
import { dedupeHorizon } from '../../core/setting.ts'
import { EVENT_FUNCTIONS } from '../../functions/batch/table-of-tasks.ts'
import { groupSizes } from './item-sizes.ts'
import { type Charge, sum } from './lines.ts'
import * as measured from './measured.ts'
import { SHARD } from './prices.ts'
import { layoutOf, type Units, unitsOfMetric } from './real-time-items.ts'
import { recordsOf } from './records.ts'
import { logCharges, traced } from './watching.ts'
import { eventRate, hit, type Workload } from './workload.ts'

const MEMORY_GB = EVENT_FUNCTIONS.speed.memory / 1024
/** Statements of a PartiQL batch, keys of a BatchGetItem, and requests at a time, of the real-time views. */
const WRITES_PER_CALL = 25
const READS_PER_CALL = 100
const CALLS_AT_ONCE = 8
const MS_OF_MONTH = 30 * 86_400_000
/** Real-time items stand until their epoch is published: for it, and about as long again. */
const EPOCHS_KEPT = 2

/** Sizes of items are slow to make and depend on the metric alone. */
export const sizesOf = memoized((metric: Metric) => groupSizes(metric, layoutOf(metric).groups > 1))

/** A second of the speed layer: the function, and markers and real-time items in DynamoDB. */
export function speedCharges(workload: Workload): readonly Charge[] {
  const { partitions, freshness, prices } = workload
  const rate = eventRate(workload)
  const markers = sum(recordsOf(workload), ({ flow, perSecond }) =>
    flow.dedupe === 'record' ? perSecond : flow.eventsPerSecond,
  )
  const items = itemUnits(workload)
  // The tally of each type: an item a partition, written with every batch that has events of it.
  const tallies = sum(workload.flows, flow => tallyWrites(flow.eventsPerSecond, partitions, freshness))
  const calls = Math.min(rate, Math.min(partitions, SHARD.atStart) / freshness)
  const io = (items.writes + markers) / WRITES_PER_CALL + items.reads / READS_PER_CALL
  const { speed, markers: claims } = measured.CPU_MS_PER_1000
  const seconds =
    (rate * speed + markers * claims) / 1e6 + (io * measured.LATENCY_MS.dynamodb) / 1000 / CALLS_AT_ONCE
  return [
    ['speed', 'markers (DynamoDB)', markers, 'write units', prices.dynamodbWriteUnit],
    ['speed', 'real-time items, written', items.writes + tallies, 'write units', prices.dynamodbWriteUnit],
    ['speed', 'real-time items, read', items.reads + tallies, 'read units', prices.dynamodbReadUnit],
    ['speed', 'progress (DynamoDB)', calls, 'write units', prices.dynamodbWriteUnit],
    ...kept(markers, items.bytes, workload),
    ['speed', 'Lambda calls', calls, 'calls', prices.lambdaRequest],
    ['speed', 'Lambda time', seconds * MEMORY_GB, 'GB·s', prices.lambdaGbSecond],
    ...logCharges('speed', 'logs and metrics', calls * measured.LOG_BYTES_PER_CALL, workload),
    ['speed', 'traces (X-Ray)', traced(calls), 'traces', prices.trace],
  ]
}

/** What stays in the tables for a while, and once more for recovery to a point in time. */
function kept(
  markers: number,
  itemBytes: number,
  { prices, epochLength, stack }: Workload,
): readonly Charge[] {
  const epochs = horizonEpochs(dedupeHorizon(stack.settings.horizon), epochLength)
  const remembered = (epochs + 1) * epochLength
  const months =
    (markers * measured.MARKER_BYTES * remembered + itemBytes * EPOCHS_KEPT * epochLength) / MS_OF_MONTH
  return [
    ['speed', 'markers and items, stored', months, 'bytes a month', prices.dynamodbByteMonth],
    ['speed', 'the same, recoverable', months, 'bytes a month', prices.dynamodbRecoveryByteMonth],
  ]
}

function tallyWrites(eventsPerSecond: number, partitions: number, freshness: number): number {
  return hit(partitions, eventsPerSecond * freshness) / freshness
}

function itemUnits({ flows, partitions, freshness, epochLength }: Workload): Units {
  const units = flows.flatMap(({ metrics, contract, eventsPerSecond }) =>
    metrics.map(({ metric, groups }) =>
      unitsOfMetric({
        ...{ metric, contract, groups, eventsPerSecond, partitions, freshness, epochLength },
        sizes: sizesOf(metric),
      }),
    ),
  )
  return {
    writes: sum(units, one => one.writes),
    reads: sum(units, one => one.reads),
    bytes: sum(units, one => one.bytes),
  }
}

function memoized<K, V>(make: (key: K) => V): (key: K) => V {
  const made = new Map<K, V>()
  return key => {
    const known = made.get(key)
    if (known !== undefined) return known
    const value = make(key)
    made.set(key, value)
    return value
  }
}
