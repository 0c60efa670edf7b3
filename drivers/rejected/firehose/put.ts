import { type FirehoseClient, PutRecordBatchCommand } from '@aws-sdk/client-firehose'
import { TributaryError } from '../../../core/errors.ts'
import { awsError } from '../../aws/errors.ts'
import type { TimeLeft } from '../../aws/retry.ts'

export type FirehoseCall = {
  readonly client: FirehoseClient
  /** Name of the delivery stream. */
  readonly stream: string
}

/** Firehose takes 1,000 KiB a record, 500 records and 4 MiB a call. */
export const MAX_RECORD = 1_000 * 1024
const CALL_RECORDS = 500
const CALL_BYTES = 4 * 1024 * 1024

/** Records that were not taken, with why; no error: there are none. */
export type Untaken = { readonly records: readonly Uint8Array[]; readonly error: TributaryError | undefined }

/**
 * Puts records, once: what is not taken at the first try has another way. Firehose is at-least-once: what an
 * answer in time does not say was taken may have been.
 */
export async function putRecords(
  call: FirehoseCall,
  records: readonly Uint8Array[],
  timeLeft: TimeLeft,
): Promise<Untaken> {
  let open = records
  while (open.length > 0) {
    const batch = batchOf(open)
    const { failed, error } = await putBatch(call, batch, timeLeft)
    open = [...failed, ...open.slice(batch.length)]
    if (error !== undefined) return { records: open, error }
  }
  return { records: [], error: undefined }
}

function batchOf(records: readonly Uint8Array[]): readonly Uint8Array[] {
  let bytes = 0
  const end = records.findIndex(({ length }, at) => {
    bytes += length
    return at === CALL_RECORDS || bytes > CALL_BYTES
  })
  return end < 0 ? records : records.slice(0, Math.max(1, end))
}

type Answer = { readonly failed: readonly Uint8Array[]; readonly error: TributaryError | undefined }

async function putBatch(
  { client, stream }: FirehoseCall,
  batch: readonly Uint8Array[],
  timeLeft: TimeLeft,
): Promise<Answer> {
  const what = `put rejected events to delivery stream ${stream}`
  const input = { DeliveryStreamName: stream, Records: batch.map(Data => ({ Data })) }
  const limit = Math.max(1, Math.floor(timeLeft()))
  try {
    const answer = await client.send(new PutRecordBatchCommand(input), {
      abortSignal: AbortSignal.timeout(limit),
    })
    const answers = answer.RequestResponses ?? []
    const failed = batch.filter((_, at) => answers[at]?.RecordId === undefined)
    const name = answers.find(one => one.RecordId === undefined)?.ErrorCode ?? 'InternalFailure'
    return { failed, error: failed.length === 0 ? undefined : positionalError(name, what) }
  } catch (error) {
    return { failed: batch, error: awsError(error, what) }
  }
}

/**
 * `ServiceUnavailableException` is how Firehose says that its throughput is exceeded, `InternalFailure` that
 * it fails for now.
 */
function positionalError(name: string, what: string): TributaryError {
  const code = name.startsWith('ServiceUnavailable') ? 'overloaded' : 'unavailable'
  return new TributaryError(code, `AWS did not ${what} (${name})`)
}
