import { gzipSync } from 'node:zlib'
import type { PutRecordsRequestEntry } from '@aws-sdk/client-kinesis'
import { TributaryError } from '../../../core/errors.ts'
import type { Partitions } from '../../../core/event/partition.ts'
import { MAX_RECORD_BYTES } from '../../../core/event/record.ts'
import type { StreamRecord } from '../../../core/ports/stream/stream.ts'

/** A record as `PutRecords` takes it. */
export type KinesisEntry = PutRecordsRequestEntry & {
  readonly Data: Uint8Array
  readonly PartitionKey: string
}

/**
 * Level 3 takes 3 ms of CPU a MB of trips and makes a sixth of it; level 6 takes three times as long for
 * another 6 %. Synchronous: the function has one core or less, so a pool of threads only adds its hand-over.
 */
const GZIP = { level: 3 }

/** Kinesis hashes keys into 128 bits and gives every shard a range of them. */
const HASHES = 2n ** 128n

/**
 * The hash key of a partition: the middle of the p-th of N equal ranges. Kinesis would hash the partition key
 * itself, which leaves some shards with none of the partitions and others with many.
 */
export function hashKey(partition: number, { first, count }: Partitions): string {
  return (((2n * BigInt(partition - first) + 1n) * HASHES) / (BigInt(count) * 2n)).toString()
}

/**
 * Makes the entry of a record: its text as one gzip member. Firehose writes the members of many records one
 * after another, which is a whole .gz file again; so nothing goes uncompressed, however small it is.
 *
 * @throws `too_large` for text beyond MAX_RECORD_BYTES, `internal` for a partition that there is not
 */
export function kinesisEntry(
  { partition, data }: StreamRecord,
  spreadOf: (partition: number) => Partitions | undefined,
): KinesisEntry {
  const spread = spreadOf(partition)
  if (spread === undefined)
    throw new TributaryError('internal', `partition ${partition} is not one that the ledger records`)
  if (data.length > MAX_RECORD_BYTES / 3 && Buffer.byteLength(data) > MAX_RECORD_BYTES)
    throw new TributaryError('too_large', `a record is limited to ${MAX_RECORD_BYTES} bytes of text`)
  return {
    Data: gzipSync(data, GZIP),
    PartitionKey: String(partition),
    ExplicitHashKey: hashKey(partition, spread),
  }
}
