import { type KinesisClient, PutRecordsCommand } from '@aws-sdk/client-kinesis'
import { awsError, failureKind, kindOfName, passes } from '../../aws/errors.ts'
import type { KinesisEntry } from './entry.ts'

/**
 * What became of one entry of a call: undefined when it is stored, else the name of a failure that passes.
 */
export type EntryFailure = string | undefined

export type KinesisCall = {
  readonly client: KinesisClient
  readonly stream: string
}

/**
 * Most records and bytes of a call. Kinesis takes 10 MiB; half of it is as good, and what older limits allow.
 */
export const CALL_RECORDS = 500
export const CALL_BYTES = 5 * 1024 * 1024

/**
 * Makes one `PutRecords` call; answers positionally. When no answer comes, nobody knows what is stored: all
 * of it has failed, and sending it again may store a record twice.
 *
 * @throws TributaryError for a failure that sending again does not mend: `storage_failed` (permissions, no
 * such stream), `internal`
 */
export async function putEntries(
  { client, stream }: KinesisCall,
  entries: readonly KinesisEntry[],
  timeoutMs: number,
): Promise<readonly EntryFailure[]> {
  try {
    const command = new PutRecordsCommand({ StreamName: stream, Records: [...entries] })
    const abortSignal = AbortSignal.timeout(Math.max(1, Math.floor(timeoutMs)))
    const { Records = [] } = await client.send(command, { abortSignal })
    return entries.map((_, at) => failureOf(Records[at], stream))
  } catch (error) {
    if (!passes(failureKind(error))) throw awsError(error, `put records to stream ${stream}`)
    const { name } = error as Error
    return entries.map(() => name)
  }
}

type Answer = { readonly SequenceNumber?: string | undefined; readonly ErrorCode?: string | undefined }

function failureOf(answer: Answer | undefined, stream: string): EntryFailure {
  if (answer?.SequenceNumber !== undefined && answer.ErrorCode === undefined) return undefined
  const name = answer?.ErrorCode ?? 'NoAnswer'
  const kind = kindOfName(name) ?? 'transient'
  if (passes(kind)) return name
  throw awsError(Object.assign(new Error(name), { name }), `put records to stream ${stream}`)
}
