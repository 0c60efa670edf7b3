import {
  DescribeStreamSummaryCommand,
  GetRecordsCommand,
  type GetRecordsCommandOutput,
  GetShardIteratorCommand,
  type KinesisClient,
  type _Record as KinesisRecord,
  ListShardsCommand,
  type Shard,
} from '@aws-sdk/client-kinesis'
import { padSequence } from '../../../core/data/position.ts'
import type {
  ReadRequest,
  StoredBatch,
  StoredRecord,
  StreamReader,
} from '../../../core/ports/stream/stream-reader.ts'
import { type Backoff, retrying, timeLeftOf } from '../../aws/retry.ts'
import { textOfBytes } from './payload.ts'
import { inOrderOfDescent } from './shards.ts'

export type KinesisReaderOptions = {
  readonly client: KinesisClient
  /** Name of the stream. */
  readonly stream: string
  /** ms since 1970. */
  readonly now: () => number
  /** Shards read at the same time (8): each batch in memory is up to 10 MB, and more inflated. */
  readonly shardsAtOnce?: number
  /** Records of one read (1,000). */
  readonly batchSize?: number
  /** Patience with one call and its repetitions, ms (30,000). */
  readonly timeoutMs?: number
}

/** A shard gives five reads and 2 MB a second, to all of its readers (Kinesis Data Streams quotas). */
const BACKOFF: Backoff = { baseMs: 250, capMs: 5000 }
const ATTEMPTS = 20
/** Pages of shards: 1,000 shards each. */
const SHARD_PAGES = 100

type From = { readonly at: number } | { readonly after: string }

/**
 * Reads a Kinesis stream from an instant on, shard by shard, parents before the shards that a resharding made
 * of them. A shard that still takes records is read until it has no more to give at that moment.
 *
 * Errors: TributaryError as `awsError` gives them.
 */
export function createKinesisReader(options: KinesisReaderOptions): StreamReader {
  const { client, stream, now, shardsAtOnce = 8, batchSize = 1000, timeoutMs = 30_000 } = options
  const calling = <T>(verb: string, call: (abortSignal: AbortSignal) => Promise<T>) =>
    retrying(call, {
      what: `${verb} stream ${stream}`,
      timeLeft: timeLeftOf(timeoutMs),
      attempts: ATTEMPTS,
      backoff: BACKOFF,
    })

  const iteratorFrom = async (shard: string, from: From): Promise<string | undefined> => {
    const command = new GetShardIteratorCommand({
      StreamName: stream,
      ShardId: shard,
      ...('at' in from
        ? { ShardIteratorType: 'AT_TIMESTAMP', Timestamp: new Date(from.at) }
        : { ShardIteratorType: 'AFTER_SEQUENCE_NUMBER', StartingSequenceNumber: from.after }),
    })
    return (await calling('find the place in', abortSignal => client.send(command, { abortSignal })))
      .ShardIterator
  }
  /** One read; undefined when the iterator is older than five minutes. */
  const readPage = (iterator: string): Promise<GetRecordsCommandOutput | undefined> =>
    calling('read', async abortSignal => {
      try {
        const command = new GetRecordsCommand({ ShardIterator: iterator, Limit: batchSize })
        return await client.send(command, { abortSignal })
      } catch (error) {
        if (error instanceof Error && error.name === 'ExpiredIteratorException') return undefined
        throw error
      }
    })
  const readShard = async (
    shard: string,
    { from, to = Number.POSITIVE_INFINITY, after = {}, signal }: ReadRequest,
    each: (batch: StoredBatch) => Promise<void>,
  ): Promise<void> => {
    let place: From = after[shard] === undefined ? { at: from } : { after: after[shard] }
    let iterator = await iteratorFrom(shard, place)
    while (iterator !== undefined) {
      signal.throwIfAborted()
      const page = await readPage(iterator)
      if (page === undefined) {
        iterator = await iteratorFrom(shard, place)
        continue
      }
      const last = page.Records?.at(-1)
      if (last !== undefined) {
        await each(batchOf(shard, page.Records!))
        if (Number(last.ApproximateArrivalTimestamp) > to) return
        place = { after: last.SequenceNumber! }
      }
      if (page.MillisBehindLatest === 0) return
      iterator = page.NextShardIterator
    }
  }
  const shardsSince = async (from: number): Promise<readonly Shard[]> => {
    const shards: Shard[] = []
    let NextToken: string | undefined
    for (let page = 0; page < SHARD_PAGES; page++) {
      const which =
        NextToken === undefined
          ? {
              StreamName: stream,
              ShardFilter: { Type: 'FROM_TIMESTAMP' as const, Timestamp: new Date(from) },
            }
          : { NextToken }
      const answer = await calling('list the shards of', abortSignal =>
        client.send(new ListShardsCommand(which), { abortSignal }),
      )
      shards.push(...(answer.Shards ?? []))
      NextToken = answer.NextToken
      if (NextToken === undefined) break
    }
    return shards
  }

  return {
    async keptSince() {
      const command = new DescribeStreamSummaryCommand({ StreamName: stream })
      const answer = await calling('describe', abortSignal => client.send(command, { abortSignal }))
      return now() - (answer.StreamDescriptionSummary?.RetentionPeriodHours ?? 24) * 3_600_000
    },
    async read(request, each) {
      const shards = await shardsSince(request.from)
      await inOrderOfDescent(shards, shardsAtOnce, shard => readShard(shard, request, each))
    },
  }
}

function batchOf(shard: string, stored: readonly KinesisRecord[]): StoredBatch {
  const records = stored.map(decoded).filter(record => record !== undefined)
  const last = stored.at(-1)!.SequenceNumber!
  return { shard, last, records, unreadable: stored.length - records.length }
}

/** Undefined for what nobody of the platform has written: the consumer left it in the dead letters. */
function decoded({ SequenceNumber, PartitionKey, Data }: KinesisRecord): StoredRecord | undefined {
  const partition = Number(PartitionKey)
  if (PartitionKey === '' || !Number.isSafeInteger(partition) || partition < 0) return undefined
  const data = textOfBytes(Data ?? new Uint8Array())
  if (data === undefined) return undefined
  return { sequence: padSequence(SequenceNumber!), place: SequenceNumber!, partition, data }
}
