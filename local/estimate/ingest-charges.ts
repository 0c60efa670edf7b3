import { EVENT_FUNCTIONS } from '../../functions/batch/table-of-tasks.ts'
import { HTTP_FUNCTIONS } from '../../functions/table.ts'
import { type Charge, roundUp, sum } from './lines.ts'
import * as measured from './measured.ts'
import { ROUNDING } from './prices.ts'
import { recordsOf } from './records.ts'
import { logCharges, traced } from './watching.ts'
import { eventRate, type Workload } from './workload.ts'

const MEMORY_GB = HTTP_FUNCTIONS.ingest.memory / 1024
const HOURS_OF_MONTH = 720
/** The first day of a stream is paid with its bytes; further ones up to the seventh are billed as storage. */
const FREE_HOURS = 24
const STORED_HOURS = 168

/** A second of ingest: the HTTP API, its log, the function and the ledger. */
export function ingestCharges(workload: Workload): readonly Charge[] {
  const { batch, eventBytes, prices } = workload
  const requests = eventRate(workload) / batch
  const billed = Math.ceil((batch * eventBytes) / ROUNDING.apiRequestBytes)
  const cpu = measured.REQUEST_CPU_MS + (batch * measured.CPU_MS_PER_1000.ingest) / 1000
  const seconds = (cpu + measured.LATENCY_MS.kinesisPut + measured.LATENCY_MS.dynamodb) / 1000
  const logged = requests * (measured.LOG_BYTES_PER_CALL + measured.ACCESS_LOG_BYTES)
  return [
    ['ingest', 'HTTP API', requests * billed, 'requests', prices.apiRequest],
    ['ingest', 'Lambda calls', requests, 'calls', prices.lambdaRequest],
    ['ingest', 'Lambda time', requests * seconds * MEMORY_GB, 'GB·s', prices.lambdaGbSecond],
    ['ingest', 'ledger (DynamoDB)', requests, 'write units', prices.dynamodbWriteUnit],
    ...authorizerCharges(requests, workload),
    ...logCharges('ingest', 'logs, access log and metrics', logged, workload),
    ['ingest', 'traces (X-Ray)', traced(requests), 'traces', prices.trace],
  ]
}

/**
 * How long API Gateway remembers an answer of the authorizer, and the authorizer its keys, s: a key that was
 * revoked ends within both (docs/decisions/0092). One key sends, so each is paid for once in so long.
 */
const REMEMBERED_S = 2

/** A second of the authorizer, which reads a few keys: one unit, as long as they are below 4 KB together. */
function authorizerCharges(requests: number, { prices }: Workload): readonly Charge[] {
  const calls = Math.min(requests, 1 / REMEMBERED_S)
  const seconds = (measured.REQUEST_CPU_MS + measured.LATENCY_MS.dynamodb) / 1000
  const memory = EVENT_FUNCTIONS.authorizer.memory / 1024
  return [
    ['ingest', 'authorizer, calls', calls, 'calls', prices.lambdaRequest],
    ['ingest', 'authorizer, time', calls * seconds * memory, 'GB·s', prices.lambdaGbSecond],
    ['ingest', 'authorizer, keys (DynamoDB)', calls, 'read units', prices.dynamodbReadUnit],
  ]
}

/** A second of the stream; that it is there at all is a standing cost. */
export function streamCharges(workload: Workload): readonly Charge[] {
  const { prices, stack } = workload
  const bytes = sum(
    recordsOf(workload),
    one => one.perSecond * roundUp(one.bytes, ROUNDING.kinesisRecordBytes),
  )
  const kept = Math.max(0, Math.min(stack.settings.streamHours, STORED_HOURS) - FREE_HOURS) / HOURS_OF_MONTH
  return [
    ['stream', 'Kinesis in', bytes, 'bytes', prices.kinesisInByte],
    ['stream', 'Kinesis out, to the speed layer and Firehose', bytes * 2, 'bytes', prices.kinesisOutByte],
    ['stream', 'Kinesis, kept beyond a day', bytes * kept, 'bytes a month', prices.kinesisByteMonth],
  ]
}
