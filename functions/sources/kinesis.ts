import type { KinesisStreamBatchResponse, KinesisStreamEvent, KinesisStreamRecord } from 'aws-lambda'
import { padSequence } from '../../core/data/position.ts'
import { MAX_RECORD_BYTES } from '../../core/event/record.ts'
import { payloadText } from '../../drivers/stream/kinesis/payload.ts'

/** A record of the stream, decoded from the event Lambda delivers. */
export type DecodedRecord = {
  /** Sequence number, padded to 56 digits. */
  readonly sequence: string
  /** −1 where the partition key is no partition number. */
  readonly partition: number
  /** Newline-terminated JSON lines; the payload in base64, as it was delivered, where it cannot be read. */
  readonly data: string
  /** What a partial failure names this record by: the sequence number as it was delivered. */
  readonly itemIdentifier: string
  /** When the stream took the record, ms since 1970. */
  readonly arrival: number
  /** Why the record is not of our making, and no retry can help: it belongs in the dead letters. */
  readonly fault: string | undefined
}

/**
 * Decodes the records of a Kinesis event, in order: plain text and gzip, as the payload's first bytes tell.
 * Never throws: whoever may write to the stream can write anything to it, and one such record must not hold
 * up its shard.
 */
export function decodeKinesisEvent(event: KinesisStreamEvent): DecodedRecord[] {
  const { Records } = event
  const decoded = new Array<DecodedRecord>(Records.length)
  for (let index = 0; index < Records.length; index += 1) decoded[index] = decodeRecord(Records[index]!)
  return decoded
}

/**
 * The answer that has Lambda deliver again everything from the first failed record on. No failures: the whole
 * batch was a success.
 */
export function encodePartialFailures(failedIdentifiers: Iterable<string>): KinesisStreamBatchResponse {
  return { batchItemFailures: Array.from(failedIdentifiers, itemIdentifier => ({ itemIdentifier })) }
}

function decodeRecord({ kinesis }: KinesisStreamRecord): DecodedRecord {
  const { sequenceNumber, partitionKey, data, approximateArrivalTimestamp } = kinesis
  const partition = partitionOf(partitionKey)
  const text = payloadText(data)
  return {
    sequence: padSequence(sequenceNumber),
    partition,
    data: text ?? data,
    itemIdentifier: sequenceNumber,
    arrival: Math.round(approximateArrivalTimestamp * 1000),
    fault: faultOf(partition, text, partitionKey),
  }
}

function faultOf(partition: number, text: string | undefined, key: string): string | undefined {
  if (partition < 0) return `the partition key ${JSON.stringify(key.slice(0, 64))} is no partition number`
  return text === undefined
    ? `the payload is broken gzip, or more than ${MAX_RECORD_BYTES} bytes of text`
    : undefined
}

function partitionOf(key: string): number {
  const partition = Number(key)
  return key !== '' && Number.isSafeInteger(partition) && partition >= 0 ? partition : -1
}
