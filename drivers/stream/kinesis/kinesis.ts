import type { KinesisClient } from '@aws-sdk/client-kinesis'
import type { Partitions } from '../../../core/event/partition.ts'
import type { PutOutcome, Stream, StreamRecord } from '../../../core/ports/stream/stream.ts'
import { type TimeLeft, timeLeftOf } from '../../aws/retry.ts'
import { kinesisEntry } from './entry.ts'
import { putInRounds, refusal } from './rounds.ts'

export type KinesisStreamOptions = {
  /** With `maxAttempts: 1`: this driver repeats what failed, and only that. */
  readonly client: KinesisClient
  /** Name of the stream. */
  readonly stream: string
  /** The partitions that one is of: they are spread evenly over the shards. */
  readonly spreadOf: (partition: number) => Partitions | undefined
  /** Longest a `put` may take, waiting included, ms. Default 8 s: an HTTP API gives a request 30. */
  readonly deadlineMs?: number
  /** Longest wait for the answer to one call, ms. Default 3 s. */
  readonly callTimeoutMs?: number
}

/**
 * Characters of JSON text that fill a record of this stream (`size` of `packRecords`). It compresses to 10–25
 * KB, so Firehose's rounding up to 5 KB a record weighs little; a larger request would otherwise need a round
 * a record of a partition.
 */
export const KINESIS_RECORD_SIZE = 100_000

/** Calls that wait for their turn; a Lambda container makes one at a time. */
const MAX_WAITING = 1_000

/**
 * The stream on Amazon Kinesis Data Streams: gzip payloads, partitions spread evenly over shards, failed
 * records sent again in the time left. Calls go one after another, so they keep their order.
 *
 * A record whose answer was lost is sent again and may stand twice in the stream; so may one that was refused
 * (`timeout`) and came again with the sender's next request. Consumers tell by the receipt, or by the event's
 * id.
 *
 * @throws (`put`) TributaryError `storage_failed` when permissions or the stream are missing, `too_large`,
 * `internal`
 */
export function createKinesisStream(options: KinesisStreamOptions): Stream {
  const { client, stream, spreadOf, deadlineMs = 8_000, callTimeoutMs = 3_000 } = options
  let last: Promise<unknown> = Promise.resolve()
  let waiting = 0

  const store = async (
    records: readonly StreamRecord[],
    timeLeft: TimeLeft,
  ): Promise<readonly PutOutcome[]> => {
    if (timeLeft() <= 0) return refuseAll(records, 'timeout')
    const entries = records.map(record => kinesisEntry(record, spreadOf))
    return putInRounds({ client, stream, timeLeft, callTimeoutMs }, records, entries)
  }

  return {
    async put(records) {
      if (records.length === 0) return []
      if (waiting >= MAX_WAITING) return refuseAll(records, `${waiting} puts are waiting`)
      const timeLeft = timeLeftOf(deadlineMs)
      waiting += 1
      const outcomes = last.then(() => store(records, timeLeft)).finally(() => (waiting -= 1))
      // Whether an earlier call failed is for its own caller to know.
      last = outcomes.then(noop, noop)
      return outcomes
    },
  }
}

function refuseAll(records: readonly StreamRecord[], reason: string): readonly PutOutcome[] {
  return records.map(() => refusal(reason))
}

function noop(): void {}
