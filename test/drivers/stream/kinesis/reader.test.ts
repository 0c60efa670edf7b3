import { gzipSync } from 'node:zlib'
import {
  CreateStreamCommand,
  DescribeStreamSummaryCommand,
  KinesisClient,
  PutRecordCommand,
} from '@aws-sdk/client-kinesis'
import { beforeEach, describe, expect, test } from 'vitest'
import { createKinesisReader } from '../../../../drivers/stream/kinesis/reader.ts'
import { inOrderOfDescent } from '../../../../drivers/stream/kinesis/shards.ts'
import { describeOnMinistack } from '../../../engines/ministack.ts'

const pause = (ms: number) => new Promise(done => setTimeout(done, ms))
const signal = new AbortController().signal

describe('shards in order of descent', () => {
  const shard = (id: string, parent?: string, adjacent?: string) => ({
    ...{ ShardId: id, HashKeyRange: undefined, SequenceNumberRange: undefined },
    ...(parent !== undefined && { ParentShardId: parent }),
    ...(adjacent !== undefined && { AdjacentParentShardId: adjacent }),
  })
  // a splits into b and c; c and d merge into e; "old" is not kept any more.
  const family = [shard('e', 'c', 'd'), shard('c', 'a'), shard('b', 'a'), shard('a', 'old'), shard('d')]

  test.each([1, 2, 8])('visits parents before their children, %i at a time', async atOnce => {
    const ended: string[] = []
    let together = 0
    let most = 0
    await inOrderOfDescent(family, atOnce, async id => {
      most = Math.max(most, ++together)
      for (const { ShardId, ParentShardId, AdjacentParentShardId } of family)
        if (ShardId === id)
          for (const parent of [ParentShardId, AdjacentParentShardId])
            if (parent !== undefined && parent !== 'old') expect(ended).toContain(parent)
      await pause(Math.random() * 5)
      together--
      ended.push(id)
    })
    expect(ended.sort()).toEqual(['a', 'b', 'c', 'd', 'e'])
    expect(most).toBeLessThanOrEqual(atOnce)
  })

  test('begins no further shard after a failure, and waits for those under way', async () => {
    const ended: string[] = []
    const visiting = inOrderOfDescent(family, 8, async id => {
      if (id === 'a') throw new Error('a is broken')
      await pause(20)
      ended.push(id)
    })
    await expect(visiting).rejects.toThrow('a is broken')
    expect(ended).toEqual(['d'])
  })
})

// The emulator forgets the records of a shard that is split; AWS keeps them, and lists the closed shard.
test('a partition keeps its order through a split and a merge', async () => {
  const shards: Readonly<
    Record<string, { readonly parents: readonly string[]; readonly lines: readonly string[] }>
  > = {
    merged: { parents: ['low', 'high'], lines: ['3', '4'] },
    high: { parents: ['whole'], lines: [] },
    low: { parents: ['whole'], lines: ['1', '2'] },
    whole: { parents: [], lines: ['0'] },
  }
  const answer = (command: string, input: { readonly ShardId?: string; readonly ShardIterator?: string }) => {
    if (command === 'ListShardsCommand')
      return {
        Shards: Object.entries(shards).map(([ShardId, { parents }]) => ({
          ...{ ShardId, ParentShardId: parents[0], AdjacentParentShardId: parents[1] },
        })),
      }
    if (command === 'GetShardIteratorCommand') return { ShardIterator: `${input.ShardId} 0` }
    const [id, at] = input.ShardIterator!.split(' ') as [string, string]
    const line = shards[id]!.lines[Number(at)]
    const record = { SequenceNumber: line, PartitionKey: '7', Data: Buffer.from(`line ${line}\n`) }
    const isOpen = id === 'merged'
    const isLast = Number(at) + 1 >= shards[id]!.lines.length
    return {
      Records: line === undefined ? [] : [record],
      // A closed shard has no further iterator after its last record; an open one always has.
      ...((isOpen || !isLast) && { NextShardIterator: `${id} ${Number(at) + 1}` }),
      MillisBehindLatest: isOpen && isLast ? 0 : 1000,
    }
  }
  const client = new KinesisClient({ region: 'eu-central-1' })
  client.middlewareStack.add(
    (_, context) => async args => ({
      response: {},
      output: answer(String(context.commandName), args.input as object) as never,
    }),
    { step: 'initialize', name: 'shards' },
  )
  const seen: string[] = []
  await createKinesisReader({ client, stream: 'events', now: Date.now }).read(
    { from: 0, signal },
    async batch => {
      for (const { data } of batch.records) seen.push(data)
    },
  )
  expect(seen).toEqual([0, 1, 2, 3, 4].map(i => `line ${i}\n`))
})

describeOnMinistack('reading a Kinesis stream again', ['kinesis'], ministack => {
  let client: KinesisClient
  let stream: string
  beforeEach(async () => {
    client = new KinesisClient(ministack.settings())
    stream = ministack.name('events')
    await client.send(new CreateStreamCommand({ StreamName: stream, ShardCount: 2 }))
    await active()
    return () => client.destroy()
  })
  const active = async () => {
    const command = new DescribeStreamSummaryCommand({ StreamName: stream })
    const status = async () => (await client.send(command)).StreamDescriptionSummary?.StreamStatus
    while ((await status()) !== 'ACTIVE') await pause(50)
  }
  const put = (partition: number | string, data: string | Uint8Array) =>
    client.send(
      new PutRecordCommand({
        ...{ StreamName: stream, PartitionKey: String(partition), Data: Buffer.from(data) },
        ExplicitHashKey: partition === 1 ? '0' : String(2n ** 128n - 1n),
      }),
    )
  const reader = (batchSize = 1000) => createKinesisReader({ client, stream, now: Date.now, batchSize })
  async function readAll(from: number, batchSize?: number) {
    const texts = new Map<number, string[]>()
    let unreadable = 0
    await reader(batchSize).read({ from, signal }, async batch => {
      unreadable += batch.unreadable
      for (const { partition, data, sequence } of batch.records) {
        expect(sequence).toMatch(/^\d{56}$/)
        texts.set(partition, [...(texts.get(partition) ?? []), data])
      }
    })
    return { texts: Object.fromEntries(texts), unreadable }
  }

  test('gives every record, plain or compressed, in the order of its partition, and ends', async () => {
    for (let i = 0; i < 6; i++) await put(1 + (i % 2), i < 3 ? `line ${i}\n` : gzipSync(`line ${i}\n`))
    expect(await readAll(Date.now() - 60_000, 2)).toEqual({
      texts: { 1: ['line 0\n', 'line 2\n', 'line 4\n'], 2: ['line 1\n', 'line 3\n', 'line 5\n'] },
      unreadable: 0,
    })
  })

  test('begins at the instant it is told', async () => {
    await put(1, 'before\n')
    await pause(1500)
    const from = Date.now() - 500
    await put(1, 'after\n')
    expect((await readAll(from)).texts).toEqual({ 1: ['after\n'] })
  })

  test('goes on after the places that were read before, wherever they are', async () => {
    for (let i = 0; i < 4; i++) await put(1 + (i % 2), `line ${i}\n`)
    await put(2, new Uint8Array([0x1f, 0x8b, 1, 2, 3]))
    const places: Record<string, string> = {}
    const texts: string[] = []
    /** Takes one batch and no more; true where that was the last. */
    const readOne = async () => {
      let taken = false
      const reading = reader(1).read({ from: 0, after: { ...places }, signal }, async batch => {
        if (taken) throw new Error('enough')
        taken = true
        places[batch.shard] = batch.last
        texts.push(...batch.records.map(({ data }) => data), ...Array(batch.unreadable).fill('unreadable'))
      })
      return reading.then(
        () => true,
        () => false,
      )
    }
    for (let turn = 0; turn < 10 && !(await readOne()); turn++);
    expect(texts.toSorted()).toEqual(['line 0\n', 'line 1\n', 'line 2\n', 'line 3\n', 'unreadable'])
  })

  test('counts what nobody of the platform has written', async () => {
    await put('somebody', 'hello')
    await put(2, new Uint8Array([0x1f, 0x8b, 1, 2, 3]))
    await put(2, 'line\n')
    expect(await readAll(0)).toEqual({ texts: { 2: ['line\n'] }, unreadable: 2 })
  })

  test('reads the same records again after a throttle, a lost answer and an expired iterator', async () => {
    for (let i = 0; i < 5; i++) await put(1, `line ${i}\n`)
    const faults = ['ProvisionedThroughputExceededException', 'TimeoutError', 'ExpiredIteratorException']
    client.middlewareStack.add(
      (next, context) => async args => {
        const result = await next(args)
        const fault = context.commandName === 'GetRecordsCommand' ? faults.pop() : undefined
        if (fault !== undefined) throw Object.assign(new Error(`injected ${fault}`), { name: fault })
        return result
      },
      { step: 'initialize', name: 'fault' },
    )
    expect((await readAll(0, 2)).texts).toEqual({ 1: [0, 1, 2, 3, 4].map(i => `line ${i}\n`) })
    expect(faults).toEqual([])
  })

  test('stops when it is told to, and when a batch cannot be applied', async () => {
    await put(1, 'line\n')
    const aborted = AbortSignal.abort(new Error('time is over'))
    await expect(reader().read({ from: 0, signal: aborted }, async () => {})).rejects.toThrow('time is over')
    const broken = () => Promise.reject(new Error('cannot apply'))
    await expect(reader().read({ from: 0, signal }, broken)).rejects.toThrow('cannot apply')
  })

  test('says from when on records are kept, and when there is no such stream', async () => {
    const since = await reader().keptSince()
    expect(Math.abs(Date.now() - 24 * 3_600_000 - since)).toBeLessThan(60_000)
    const missing = createKinesisReader({ client, stream: 'nothing', now: Date.now })
    await expect(missing.keptSince()).rejects.toMatchObject({ code: 'storage_failed' })
  })
})
