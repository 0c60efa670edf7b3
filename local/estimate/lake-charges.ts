import { EVENT_FUNCTIONS } from '../../functions/batch/table-of-tasks.ts'
import { type Charge, roundUp, sum } from './lines.ts'
import * as measured from './measured.ts'
import { ROUNDING } from './prices.ts'
import { recordsOf, storedBytes } from './records.ts'
import { logCharges, traced } from './watching.ts'
import { eventRate, type Workload } from './workload.ts'

const MEMORY_GB = EVENT_FUNCTIONS.deliverRaw.memory / 1024
/** Firehose writes an object a quarter of an hour, or each time it has 64 MB. */
const OBJECT_SECONDS = 900
const OBJECT_BYTES = 64 * 2 ** 20
const DAYS_OF_MONTH = 30
/** Buckets keep the version before a deletion for so many days (resources/shared/lake-lifecycle.yml). */
const VERSION_DAYS = 30

/** Objects that Firehose delivers, a second. */
export function arrivals(workload: Workload): number {
  return Math.max(1 / OBJECT_SECONDS, storedBytes(workload) / OBJECT_BYTES)
}

/** A second of delivery into the raw lake, and the month in which its bytes are kept. */
export function lakeCharges(workload: Workload): readonly Charge[] {
  const { prices, stack, flows } = workload
  const { arrivalDays, rawColdDays } = stack.settings
  const stored = storedBytes(workload)
  const billed = sum(
    recordsOf(workload),
    one => one.perSecond * roundUp(one.bytes, ROUNDING.firehoseRecordBytes),
  )
  const objects = arrivals(workload)
  const seconds = (eventRate(workload) * measured.CPU_MS_PER_1000.deliverRaw) / 1e6
  const arrived = (stored * (arrivalDays + VERSION_DAYS)) / DAYS_OF_MONTH
  return [
    ['lake', 'Firehose', billed, 'bytes', prices.firehoseByte],
    // Of each arrival: the object, one raw object a type, its mark; it is read once, and so is its mark.
    ['lake', 'S3 puts', objects * (2 + flows.length), 'puts', prices.s3Put],
    ['lake', 'S3 gets', objects * 2, 'gets', prices.s3Get],
    ['lake', 'Lambda calls', objects, 'calls', prices.lambdaRequest],
    ['lake', 'Lambda time', seconds * MEMORY_GB, 'GB·s', prices.lambdaGbSecond],
    ...logCharges('lake', 'logs and metrics', objects * measured.LOG_BYTES_PER_CALL, workload),
    ['lake', 'traces (X-Ray)', traced(objects), 'traces', prices.trace],
    [
      'lake',
      `arrivals, ${arrivalDays} days and ${VERSION_DAYS} as old versions`,
      arrived,
      'bytes a month',
      prices.s3ByteMonth,
    ],
    [
      'lake',
      `raw events, ${rawColdDays} days`,
      (stored * rawColdDays) / DAYS_OF_MONTH,
      'bytes a month',
      prices.s3ByteMonth,
    ],
    ['lake', 'raw events, moved to colder storage', objects * flows.length, 'objects', prices.s3ColdMove],
    ['lake', 'raw events, each month after', stored, 'bytes a month', prices.s3ColdByteMonth],
  ]
}
