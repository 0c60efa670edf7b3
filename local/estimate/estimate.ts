import type { Metric } from '../../core/declare/metric-plan.ts'
import { KINESIS_RECORD_SIZE } from '../../drivers/stream/kinesis/kinesis.ts'
import { HTTP_FUNCTIONS } from '../../functions/table.ts'
import { EVENT_FUNCTIONS } from '../../functions/table-of-tasks.ts'
import { groupSizes } from './item-sizes.ts'
import * as measured from './measured.ts'
import { PRICES, ROUNDING, SHARD } from './prices.ts'
import { layoutOf, type Units, unitsOfMetric } from './real-time-items.ts'
import { eventRate, hit, type Workload } from './workload.ts'

/** One line: what it is, how much of it for a million events, in words, and its price in US dollars. */
export type CostLine = {
  readonly part: 'ingest' | 'stream' | 'speed' | 'lake'
  readonly item: string
  readonly quantity: string
  readonly dollars: number
}

export type Estimate = { readonly lines: readonly CostLine[]; readonly perMillion: number }

type Line = readonly [part: CostLine['part'], item: string, perSecond: number, unit: string, price: number]

/** Memory of the functions on the path of an event, GB: Lambda bills each for a second. */
const MEMORY_GB = {
  ingest: HTTP_FUNCTIONS.ingest.memory / 1024,
  speed: EVENT_FUNCTIONS.speed.memory / 1024,
  deliverRaw: EVENT_FUNCTIONS.deliverRaw.memory / 1024,
}
/** Statements of a PartiQL batch, keys of a BatchGetItem, and requests at a time, of the real-time views. */
const WRITES_PER_CALL = 25
const READS_PER_CALL = 100
const CALLS_AT_ONCE = 8
/** An epoch's objects are kept: compressed arrivals for their days, and the raw lake for a month. */
const COPIES_KEPT = 2

/** Sizes of items are slow to make and depend on the metric alone. */
const sizesOf = memoized((metric: Metric) => groupSizes(metric, layoutOf(metric).groups > 1))

/**
 * What a million events cost on their way through ingest, the stream, the speed layer and into the raw lake.
 * Batch runs, queries and the warehouse depend on other things and are left out.
 */
export function estimate(workload: Workload): Estimate {
  const rate = eventRate(workload)
  const lines = [
    ...ingestLines(workload),
    ...streamLines(workload),
    ...speedLines(workload),
    ...lakeLines(workload),
  ]
    .filter(([, , perSecond]) => perSecond > 0)
    .map(([part, item, perSecond, unit, price]): CostLine => {
      const perMillion = (perSecond / rate) * 1e6
      return { part, item, quantity: `${short(perMillion)} ${unit}`, dollars: perMillion * price }
    })
  return { lines, perMillion: lines.reduce((sum, line) => sum + line.dollars, 0) }
}

function ingestLines(workload: Workload): readonly Line[] {
  const { batch, eventBytes } = workload
  const requests = eventRate(workload) / batch
  const billed = Math.ceil((batch * eventBytes) / ROUNDING.apiRequestBytes)
  const cpu = measured.REQUEST_CPU_MS + (batch * measured.CPU_MS_PER_1000.ingest) / 1000
  const seconds = (cpu + measured.LATENCY_MS.kinesisPut + measured.LATENCY_MS.dynamodb) / 1000
  return [
    ['ingest', 'HTTP API', requests * billed, 'requests', PRICES.apiRequest],
    ['ingest', 'Lambda calls', requests, 'calls', PRICES.lambdaRequest],
    ['ingest', 'Lambda time', requests * seconds * MEMORY_GB.ingest, 'GB·s', PRICES.lambdaGbSecond],
    ['ingest', 'ledger (DynamoDB)', requests, 'write units', PRICES.dynamodbWriteUnit],
    ['ingest', 'logs and metrics', requests * measured.LOG_BYTES_PER_CALL, 'bytes', PRICES.logByte],
  ]
}

/** Records a second, and the bytes of each before and after compression. */
function recordsOf({ flows, batch, partitions, eventBytes, ...rest }: Workload) {
  const total = eventRate({ flows, batch, partitions, eventBytes, ...rest })
  return flows.map(flow => {
    const ofRequest = (batch * flow.eventsPerSecond) / total
    const records = hit(partitions, ofRequest)
    const text = (ofRequest / records) * (eventBytes + measured.RECEIPT_BYTES)
    const pieces = Math.ceil(text / KINESIS_RECORD_SIZE)
    return {
      flow,
      perSecond: (total / batch) * records * pieces,
      bytes: measured.compressed(text / pieces),
    }
  })
}

function streamLines(workload: Workload): readonly Line[] {
  const records = recordsOf(workload)
  const bytes = sum(records, one => one.perSecond * roundUp(one.bytes, ROUNDING.kinesisRecordBytes))
  return [
    ['stream', 'Kinesis in', bytes, 'bytes', PRICES.kinesisInByte],
    ['stream', 'Kinesis out, to the speed layer and Firehose', bytes * 2, 'bytes', PRICES.kinesisOutByte],
    ['stream', 'Kinesis stream', 1 / 3600, 'hours', PRICES.kinesisStreamHour],
  ]
}

function speedLines(workload: Workload): readonly Line[] {
  const { partitions, freshness } = workload
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
    ['speed', 'markers (DynamoDB)', markers, 'write units', PRICES.dynamodbWriteUnit],
    ['speed', 'real-time items, written', items.writes + tallies, 'write units', PRICES.dynamodbWriteUnit],
    ['speed', 'real-time items, read', items.reads + tallies, 'read units', PRICES.dynamodbReadUnit],
    ['speed', 'progress (DynamoDB)', calls, 'write units', PRICES.dynamodbWriteUnit],
    ['speed', 'Lambda calls', calls, 'calls', PRICES.lambdaRequest],
    ['speed', 'Lambda time', seconds * MEMORY_GB.speed, 'GB·s', PRICES.lambdaGbSecond],
    ['speed', 'logs and metrics', calls * measured.LOG_BYTES_PER_CALL, 'bytes', PRICES.logByte],
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
  return { writes: sum(units, one => one.writes), reads: sum(units, one => one.reads) }
}

/** Firehose writes an object a quarter of an hour, or each time it has 64 MB. */
const OBJECT_SECONDS = 900
const OBJECT_BYTES = 64 * 2 ** 20

function lakeLines(workload: Workload): readonly Line[] {
  const records = recordsOf(workload)
  const stored = sum(records, one => one.perSecond * one.bytes)
  const billed = sum(records, one => one.perSecond * roundUp(one.bytes, ROUNDING.firehoseRecordBytes))
  const objects = Math.max(1 / OBJECT_SECONDS, stored / OBJECT_BYTES)
  // Of each arrival: the object, one raw object a type, its mark.
  const puts = objects * (2 + workload.flows.length)
  const seconds = (eventRate(workload) * measured.CPU_MS_PER_1000.deliverRaw) / 1e6
  return [
    ['lake', 'Firehose', billed, 'bytes', PRICES.firehoseByte],
    ['lake', 'S3 requests', puts, 'puts', PRICES.s3Put],
    ['lake', 'Lambda calls', objects, 'calls', PRICES.lambdaRequest],
    ['lake', 'Lambda time', seconds * MEMORY_GB.deliverRaw, 'GB·s', PRICES.lambdaGbSecond],
    ['lake', 'S3 storage for a month', stored * COPIES_KEPT, 'bytes', PRICES.s3ByteMonth],
  ]
}

function roundUp(bytes: number, unit: number): number {
  return Math.ceil(bytes / unit) * unit
}

function sum<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((total, item) => total + of(item), 0)
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

/** Three digits and a magnitude: `12.3 k`. */
function short(value: number): string {
  for (const [limit, unit] of [
    [1e9, ' G'],
    [1e6, ' M'],
    [1e3, ' k'],
  ] as const)
    if (value >= limit) return `${(value / limit).toPrecision(3)}${unit}`
  return value.toPrecision(3)
}
