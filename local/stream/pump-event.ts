import type { Context, KinesisStreamRecord } from 'aws-lambda'
import { SEQUENCE_DIGITS } from '../../core/data/position.ts'
import type { LogEntry } from '../../drivers/stream/log/entry.ts'

const REGION = 'us-east-1'
const ACCOUNT = '000000000000'
const STREAM_ARN = `arn:aws:kinesis:${REGION}:${ACCOUNT}:stream/tributary`
const ROLE_ARN = `arn:aws:iam::${ACCOUNT}:role/tributary`
const SHARD = 'shardId-000000000000:'

/** Bytes of a record in the event's JSON beside its data, rounded up. */
const ENVELOPE_BYTES = 512

/** `ZEROS[n]` brings a number of n digits to the length of a sequence number: cheaper than `padStart`. */
const ZEROS = Array.from({ length: SEQUENCE_DIGITS + 1 }, (_, digits) => '0'.repeat(SEQUENCE_DIGITS - digits))

/** A place in the log as a sequence number. */
export function sequenceNumber(lsn: number): string {
  const digits = String(lsn)
  return ZEROS[digits.length]! + digits
}

/** The place in the log that a sequence number stands for; NaN when it stands for none. */
export function lsnOf(sequence: string): number {
  return /^\d{1,56}$/.test(sequence) ? Number(sequence) : Number.NaN
}

/** A log entry as Lambda would deliver it. Copies the entry's data. */
export function kinesisRecord(entry: LogEntry): KinesisStreamRecord {
  const sequence = sequenceNumber(entry.sequence)
  return {
    eventID: SHARD + sequence,
    eventName: 'aws:kinesis:record',
    eventSource: 'aws:kinesis',
    eventVersion: '1.0',
    eventSourceARN: STREAM_ARN,
    awsRegion: REGION,
    invokeIdentityArn: ROLE_ARN,
    kinesis: {
      partitionKey: String(entry.partition),
      sequenceNumber: sequence,
      data: entry.data.toString('base64'),
      approximateArrivalTimestamp: entry.arrival / 1000,
      kinesisSchemaVersion: '1.0',
    },
  }
}

/** Bytes an entry takes in the event, about. */
export function deliveredBytes(entry: LogEntry): number {
  return ENVELOPE_BYTES + Math.ceil(entry.data.length / 3) * 4
}

/** The context of one call: what a handler may ask of Lambda, on one machine. */
export function lambdaContext(functionName: string, requestId: number, deadline: number): Context {
  return {
    functionName,
    functionVersion: '$LATEST',
    invokedFunctionArn: `arn:aws:lambda:${REGION}:${ACCOUNT}:function:${functionName}`,
    memoryLimitInMB: '1024',
    awsRequestId: `${functionName}-${requestId}`,
    logGroupName: `/aws/lambda/${functionName}`,
    logStreamName: 'local',
    callbackWaitsForEmptyEventLoop: false,
    getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()),
    // Lambda stopped calling these with Node 10; the type still asks for them.
    done: () => {},
    fail: () => {},
    succeed: () => {},
  }
}
