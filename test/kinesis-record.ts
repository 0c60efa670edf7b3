import type { KinesisStreamRecord } from 'aws-lambda'
import { padSequence } from '../core/data/position.ts'
import type { LogEntry } from '../drivers/stream/log/entry.ts'

const SHARD = 'shardId-000000000000'

/** A log entry as Lambda delivers a record of a Kinesis stream. */
export function kinesisRecord({ sequence, partition, arrival, data }: LogEntry): KinesisStreamRecord {
  const sequenceNumber = padSequence(String(sequence))
  return {
    eventID: `${SHARD}:${sequenceNumber}`,
    eventName: 'aws:kinesis:record',
    eventSource: 'aws:kinesis',
    eventVersion: '1.0',
    eventSourceARN: 'arn:aws:kinesis:us-east-1:000000000000:stream/tributary',
    awsRegion: 'us-east-1',
    invokeIdentityArn: 'arn:aws:iam::000000000000:role/tributary',
    kinesis: {
      partitionKey: String(partition),
      sequenceNumber,
      data: data.toString('base64'),
      approximateArrivalTimestamp: arrival / 1000,
      kinesisSchemaVersion: '1.0',
    },
  }
}
