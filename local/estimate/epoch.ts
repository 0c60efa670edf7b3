import { WINDOWS } from '../../core/data/time.ts'
import type { Ledger } from '../../core/ports/ledger.ts'
import { TASKS } from '../../functions/batch/table-of-tasks.ts'
import batch from '../../state-machines/batch.asl.json' with { type: 'json' }
import load from '../../state-machines/warehouse.asl.json' with { type: 'json' }
import { createAwaitRaw } from '../../steps/batch/await-raw.ts'
import { arrivals } from './lake-charges.ts'
import { type Bill, billOf, type Charge, sum } from './lines.ts'
import * as measured from './measured.ts'
import { ROUNDING } from './prices.ts'
import { storedBytes } from './records.ts'
import { sizesOf } from './speed-charges.ts'
import { type Machine, transitionsOf, type Work } from './transitions.ts'
import { logCharges } from './watching.ts'
import type { Flow, Workload } from './workload.ts'

/** States of a look whether raw data is there: wait, ask, decide. */
const STATES_OF_LOOK = 3
/** Redshift Serverless bills its base capacity, 8 units, for a minute at least. */
const WAREHOUSE_UNITS = 8
const WAREHOUSE_LEAST_SECONDS = 60
/** Disk of a batch function beyond the 512 MB that cost nothing. */
const DISK_GB = (10_240 - 512) / 1024
const CONTROL_GB = TASKS.plan.memory / 1024
/** What a task of a run reads and writes of the lake beside its data: lists, manifests, its report. */
const FILES_OF_TASK = 4
/** What a run prepares lies for a week, and a day as an old version (resources/shared/lake-lifecycle.yml). */
const STAGED_DAYS = 8
/** Units of the ledger and of runs that a task takes. */
const UNITS_OF_TASK = 5

/**
 * What the batch run of one epoch costs, at the rate of the workload, and what of it is kept for a month.
 * Where a warehouse is on, each run loads it.
 */
export async function epochBill(workload: Workload): Promise<Bill> {
  const looks = await looksAtRaw(workload)
  return billOf([...runCharges(workload, looks), ...keptCharges(workload), ...warehouseCharges(workload)])
}

/** What computing the epoch once more costs, as a backfill does: nothing more is kept, or waited for. */
export function recomputedBill(workload: Workload): Bill {
  return billOf(runCharges(workload, 0))
}

function runCharges(workload: Workload, looks: number): readonly Charge[] {
  const { prices, stack, flows, epochLength } = workload
  const work = workOf(flows)
  const transitions = transitionsOf(batch as unknown as Machine, work) + looks * STATES_OF_LOOK
  const tasks = 2 * work.types + 3 * work.metrics + 5
  const computing = computingSeconds(workload)
  const control = (3 + looks) * measured.BATCH_SECONDS.call
  const gbSeconds = computing * (stack.settings.duckdbMemory / 1024) + control * CONTROL_GB
  const objects = Math.ceil((arrivals(workload) * epochLength) / 1000)
  const rows = sum(flows, flow => rowUnits(flow, workload).writes)
  return [
    ['batch', 'state transitions (Step Functions)', transitions, 'transitions', prices.stateTransition],
    ['batch', 'Lambda calls', tasks + looks, 'calls', prices.lambdaRequest],
    ['batch', 'Lambda time', gbSeconds, 'GB·s', prices.lambdaGbSecond],
    ['batch', 'Lambda disk', computing * DISK_GB, 'GB·s', prices.lambdaDiskGbSecond],
    // Raw objects are read once a type, curated ones once a metric, by aggregating and by reconciling.
    ['batch', 'S3 gets', objects * work.types + work.metrics * 2 + tasks, 'gets', prices.s3Get],
    ['batch', 'S3 puts and lists', tasks * FILES_OF_TASK, 'puts', prices.s3Put],
    ['batch', 'batch views, written', rows + tasks * UNITS_OF_TASK, 'write units', prices.dynamodbWriteUnit],
    [
      'batch',
      'real-time and batch views, read',
      rows * 2 + tasks * UNITS_OF_TASK,
      'read units',
      prices.dynamodbReadUnit,
    ],
    ...logCharges('batch', 'logs', (tasks + looks) * measured.LOG_BYTES_PER_CALL, workload),
    ['batch', 'trace (X-Ray)', 1, 'traces', prices.trace],
  ]
}

/** Seconds of the functions that compute, with a memory of 7,076 MB; with less they take as much longer. */
function computingSeconds(workload: Workload): number {
  const { flows, epochLength, stack } = workload
  const { refined, ofMetric, call } = measured.BATCH_SECONDS
  const millions = (perSecond: number) => (perSecond * epochLength) / 1000 / 1e6
  const busy = sum(flows, flow => millions(flow.eventsPerSecond) * (refined + ofMetric * flow.metrics.length))
  const { types, metrics } = workOf(flows)
  const share = Math.max(1, measured.BATCH_MEMORY / stack.settings.duckdbMemory)
  return busy * share + (2 * types + 3 * metrics + 2) * call
}

/** What an epoch adds to the batch views and the curated lake, for a month. */
function keptCharges(workload: Workload): readonly Charge[] {
  const { prices, flows } = workload
  const rows = sum(flows, flow => rowUnits(flow, workload).bytes)
  const curated = curatedBytes(workload)
  return [
    ['views', 'batch views, a month', rows, 'bytes a month', prices.dynamodbByteMonth],
    ['views', 'the same, recoverable', rows, 'bytes a month', prices.dynamodbRecoveryByteMonth],
    ['lake', 'curated events, a month', curated, 'bytes a month', prices.s3ByteMonth],
    ['lake', 'staged copies, 8 days', (curated * STAGED_DAYS) / 30, 'bytes a month', prices.s3ByteMonth],
  ]
}

function warehouseCharges(workload: Workload): readonly Charge[] {
  const { prices, flows, stack } = workload
  if (!stack.settings.warehouse) return []
  const { snapshotDays } = stack.settings
  const unitHours = (WAREHOUSE_UNITS * WAREHOUSE_LEAST_SECONDS) / 3600
  return [
    ['warehouse', 'Redshift, a minute of 8 units a load', unitHours, 'unit hours', prices.warehouseUnitHour],
    ['warehouse', 'tables, a month', curatedBytes(workload), 'bytes a month', prices.warehouseByteMonth],
    // A snapshot holds what has changed since the one before; each is kept for its days.
    [
      'warehouse',
      'snapshots',
      (curatedBytes(workload) * snapshotDays) / 30,
      'bytes a month',
      prices.warehouseByteMonth,
    ],
    [
      ...(['warehouse', 'state transitions (Step Functions)'] as const),
      ...([transitionsOf(load as unknown as Machine, workOf(flows)), 'transitions'] as const),
      prices.stateTransition,
    ],
  ]
}

/** Rows of the batch views that an epoch writes: each group of each window that it has events of. */
function rowUnits({ metrics, eventsPerSecond }: Flow, { epochLength }: Workload) {
  const ofMetric = metrics.map(({ metric, groups }) => {
    const windows = Math.max(1, epochLength / WINDOWS[metric.window])
    const events = (eventsPerSecond * epochLength) / 1000 / windows
    const rows = Math.min(groups, events) * windows
    const bytes = sizesOf(metric)(events / groups) + measured.ROW_BYTES
    return { writes: rows * Math.ceil(bytes / ROUNDING.dynamodbWriteBytes), bytes: rows * bytes }
  })
  return { writes: sum(ofMetric, one => one.writes), bytes: sum(ofMetric, one => one.bytes) }
}

function curatedBytes(workload: Workload): number {
  return ((storedBytes(workload) * workload.epochLength) / 1000) * measured.CURATED_SHARE
}

function workOf(flows: readonly Flow[]): Work {
  return { types: flows.length, metrics: sum(flows, flow => flow.metrics.length) }
}

/**
 * How often a run asks for raw data that comes, on average, half of Firehose's buffer after the epoch's end.
 */
async function looksAtRaw(workload: Workload): Promise<number> {
  const missing = { rawComplete: false, short: {}, speedComplete: false }
  const ledger = { epoch: async () => missing } as unknown as Ledger
  const awaitRaw = createAwaitRaw({ ledger, epochLength: workload.epochLength, now: () => 0 })
  let waited = 0
  let attempt = 0
  while (waited < workload.stack.settings.deliveryBuffer / 2) {
    const { seconds, status } = await awaitRaw({ epoch: 0, attempt: attempt++ })
    if (status !== 'wait') break
    waited += seconds
  }
  return attempt
}
