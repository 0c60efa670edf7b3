import type { KinesisStreamEvent, KinesisStreamRecord } from 'aws-lambda'
import { padSequence } from '../../../core/data/position.ts'
import { TributaryError } from '../../../core/errors.ts'
import type { DeadLetter } from '../../../core/ports/dead-letters.ts'
import { payloadText } from '../../stream/kinesis/payload.ts'

/**
 * What Lambda writes to an S3 on-failure destination of a Kinesis mapping (Lambda developer guide, "Retain
 * discarded batch records").
 */
type InvocationRecord = {
  readonly requestContext: {
    readonly functionArn: string
    /** `RetryAttemptsExhausted`, or one that names the record's age. */
    readonly condition: string
    readonly approximateInvokeCount: number
  }
  readonly responseContext?: { readonly functionError?: string }
  readonly timestamp: string
  readonly KinesisBatchInfo: {
    readonly shardId: string
    readonly startSequenceNumber: string
    readonly endSequenceNumber: string
    readonly approximateArrivalOfFirstRecord: string
    readonly batchSize: number
  }
  /** The whole event, as an object or as its text. */
  readonly payload?: string | KinesisStreamEvent
}

/** The records of a batch that Lambda gave up, in stream order. @throws `corrupt_data` naming the object */
export function readInvocationRecord(text: string, key: string): readonly DeadLetter[] {
  try {
    const record = JSON.parse(text) as InvocationRecord
    const { payload } = record
    const event = typeof payload === 'string' ? (JSON.parse(payload) as KinesisStreamEvent) : payload
    const failure = failureOf(record)
    if (event === undefined) return [{ ...withoutData(record), ...failure }]
    return event.Records.map(one => ({ ...failedRecord(one), ...failure }))
  } catch (cause) {
    throw new TributaryError('corrupt_data', `${key} is no invocation record of a Kinesis stream`, { cause })
  }
}

function failureOf({ requestContext, responseContext, KinesisBatchInfo, timestamp }: InvocationRecord) {
  const { condition, functionArn, approximateInvokeCount } = requestContext
  const { shardId, batchSize } = KinesisBatchInfo
  const failed = responseContext?.functionError ?? 'batch item failures'
  return {
    consumer: functionArn.split(':')[6] ?? functionArn,
    reason: /age/i.test(condition) ? ('record_too_old' as const) : ('retries_exhausted' as const),
    detail: `${condition} (${failed}): a batch of ${batchSize} of ${shardId}`,
    deliveries: approximateInvokeCount,
    failedAt: Date.parse(timestamp),
  }
}

function failedRecord({ kinesis }: KinesisStreamRecord) {
  const { sequenceNumber, partitionKey, data, approximateArrivalTimestamp } = kinesis
  const partition = /^\d{1,9}$/.test(partitionKey) ? Number(partitionKey) : -1
  return {
    sequence: padSequence(sequenceNumber),
    partition,
    arrival: Math.round(approximateArrivalTimestamp * 1000),
    data: payloadText(data) ?? data,
  }
}

/** Where Lambda left out the event, the stream has the records still, from this sequence number on. */
function withoutData({ KinesisBatchInfo }: InvocationRecord) {
  const { startSequenceNumber, approximateArrivalOfFirstRecord } = KinesisBatchInfo
  const arrival = Date.parse(approximateArrivalOfFirstRecord)
  return { sequence: padSequence(startSequenceNumber), partition: -1, arrival, data: '' }
}
