import {
  CreateStreamCommand,
  GetRecordsCommand,
  GetShardIteratorCommand,
  KinesisClient,
  ListShardsCommand,
} from '@aws-sdk/client-kinesis'
import type { Stream } from '../../../../core/ports/stream/stream.ts'
import { createKinesisStream } from '../../../../drivers/stream/kinesis/kinesis.ts'
import { payloadText } from '../../../../drivers/stream/kinesis/payload.ts'
import { awsFault, intercept, pass } from '../../../engines/aws-faults.ts'
import type { Ministack } from '../../../engines/ministack.ts'

export const PARTITIONS = 100

/** Partitions from 0 on. */
export const spreadOf = (count: number) => (partition: number) =>
  partition < count ? { first: 0, count } : undefined

/** A record read back. */
export type ReadRecord = {
  readonly partition: number
  readonly data: string
  readonly shard: string
  readonly payload: Uint8Array
}

/** A stream of its own on the emulator. */
export type KinesisBench = {
  readonly client: KinesisClient
  readonly name: string
  open(options?: { deadlineMs?: number; callTimeoutMs?: number; partitions?: number }): Stream
  read(): Promise<readonly ReadRecord[]>
}

export async function kinesisBench(ministack: Ministack, shards = 4): Promise<KinesisBench> {
  const client = new KinesisClient(ministack.settings())
  const name = ministack.name('stream')
  await client.send(new CreateStreamCommand({ StreamName: name, ShardCount: shards }))
  return {
    client,
    name,
    open: ({ partitions = PARTITIONS, ...options } = {}) =>
      createKinesisStream({ client, stream: name, spreadOf: spreadOf(partitions), ...options }),
    read: () => readAll(ministack, name),
  }
}

/** What every engine of the port is tested with. */
export async function kinesisHarness(ministack: Ministack) {
  const bench = await kinesisBench(ministack)
  let stream = bench.open({ deadlineMs: 60_000 })
  return {
    stream: () => stream,
    stored: async () => (await bench.read()).map(({ partition, data }) => ({ partition, data })),
    restart: async () => {
      stream = bench.open({ deadlineMs: 60_000 })
    },
    exhaust: async () => {
      stream = bench.open({ deadlineMs: 200 })
      intercept(bench.client, async ({ input }) => ({
        Records: input.Records.map(() => ({ ErrorCode: 'ProvisionedThroughputExceededException' })),
      }))
    },
    relieve: async () => {
      stream = bench.open({ deadlineMs: 60_000 })
      pass(bench.client)
    },
    close: async () => bench.client.destroy(),
  }
}

/**
 * A client that answers out of memory as Kinesis does, with failures as told: no emulator is as fast, or
 * fails in time.
 */
export function memoryKinesis(fail: (attempt: number) => 'stored' | 'refused' | 'lost' | 'throttled') {
  const client = new KinesisClient({ region: 'eu-central-1', maxAttempts: 1 })
  const stored: { partition: number; data: string }[] = []
  const calls: number[][] = []
  let attempts = 0
  intercept(client, async ({ input }) => {
    const entries: { Data: Uint8Array; PartitionKey: string }[] = input.Records
    calls.push(entries.map(({ PartitionKey }) => Number(PartitionKey)))
    const verdicts = entries.map(() => fail(attempts++))
    if (verdicts.includes('throttled')) throw awsFault('KMSThrottlingException')
    // Kinesis stores the records of a call in an order of its own.
    for (const at of entries.keys().toArray().reverse()) {
      if (verdicts[at] === 'refused') continue
      const { Data, PartitionKey } = entries[at]!
      stored.push({ partition: Number(PartitionKey), data: textOf(Data) })
    }
    if (verdicts.includes('lost')) throw awsFault('RequestTimeout', 408)
    return {
      Records: verdicts.map((verdict, at) =>
        verdict === 'refused' ? { ErrorCode: 'InternalFailure' } : { SequenceNumber: String(at) },
      ),
    }
  })
  return { client, stored, calls }
}

export function textOf(payload: Uint8Array): string {
  return payloadText(Buffer.from(payload).toString('base64'))!
}

async function readAll(ministack: Ministack, StreamName: string): Promise<readonly ReadRecord[]> {
  const client = new KinesisClient(ministack.settings())
  const { Shards } = await client.send(new ListShardsCommand({ StreamName }))
  const records: ReadRecord[] = []
  for (const { ShardId } of Shards!) {
    const start = { StreamName, ShardId, ShardIteratorType: 'TRIM_HORIZON' as const }
    let { ShardIterator } = await client.send(new GetShardIteratorCommand(start))
    for (;;) {
      const page = await client.send(new GetRecordsCommand({ ShardIterator, Limit: 10_000 }))
      for (const { Data, PartitionKey } of page.Records!) {
        const partition = Number(PartitionKey)
        records.push({ partition, data: textOf(Data!), shard: ShardId!, payload: Data! })
      }
      if (page.Records!.length === 0) break
      ShardIterator = page.NextShardIterator
    }
  }
  client.destroy()
  return records
}
