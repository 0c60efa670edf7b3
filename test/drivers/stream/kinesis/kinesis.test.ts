import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gunzipSync } from 'node:zlib'
import { KinesisClient } from '@aws-sdk/client-kinesis'
import { expect, test } from 'vitest'
import type { StreamRecord } from '../../../../core/ports/stream/stream.ts'
import { createKinesisStream } from '../../../../drivers/stream/kinesis/kinesis.ts'
import { streamContract } from '../../../contracts/stream.ts'
import { awsFault, intercept, lostAnswer, pass } from '../../../engines/aws-faults.ts'
import { describeOnMinistack } from '../../../engines/ministack.ts'
import { kinesisBench, kinesisHarness, PARTITIONS, spreadOf } from './kit.ts'

const record = (partition: number, n: number): StreamRecord => ({
  ...{ partition, type: 'page.view', epoch: 0, count: 1 },
  data: `{"n":${n},"text":"${'abc '.repeat(20)}"}\n`,
})
const numbersOf = (records: readonly { partition: number; data: string }[], partition: number) =>
  records.filter(one => one.partition === partition).map(({ data }) => JSON.parse(data).n as number)

describeOnMinistack('the stream on Kinesis', ['kinesis'], ministack => {
  streamContract('Kinesis', () => kinesisHarness(ministack))

  test('partitions spread evenly over the shards, and keep their shard', async () => {
    const bench = await kinesisBench(ministack, 4)
    const all = Array.from({ length: PARTITIONS }, (_, partition) => record(partition, 1))
    await bench.open().put([...all, ...all])
    const shards = Map.groupBy(await bench.read(), ({ shard }) => shard)
    expect(shards.size).toBe(4)
    for (const records of shards.values()) {
      expect(new Set(records.map(({ partition }) => partition)).size).toBe(PARTITIONS / 4)
    }
  })

  test('payloads written one after another are one gzip file', async () => {
    const bench = await kinesisBench(ministack, 1)
    await bench.open().put([record(1, 1), record(2, 2), record(3, 3)])
    const payloads = (await bench.read()).map(({ payload }) => payload)
    const lines = gunzipSync(Buffer.concat(payloads)).toString().trimEnd().split('\n')
    expect(lines.map(line => JSON.parse(line).n).sort()).toEqual([1, 2, 3])
  })

  test('only what failed is sent again, before the next of its partition', async () => {
    const bench = await kinesisBench(ministack, 1)
    const sent: number[] = []
    intercept(bench.client, async ({ input, send }) => {
      sent.push(input.Records.length)
      if (sent.length > 1) return send()
      // The second of three fails: it never reaches the service.
      input.Records.splice(1, 1)
      const { Records } = await send()
      return { Records: [Records[0], { ErrorCode: 'ProvisionedThroughputExceededException' }, Records[1]] }
    })
    const outcomes = await bench.open().put([record(0, 1), record(1, 2), record(1, 3), record(2, 4)])
    expect(outcomes.map(({ kind }) => kind)).toEqual(Array(4).fill('stored'))
    expect(sent).toEqual([3, 1, 1])
    const stored = await bench.read()
    expect([0, 1, 2].map(partition => numbersOf(stored, partition))).toEqual([[1], [2, 3], [4]])
  })

  test('a record whose answer was lost is sent again, in its place', async () => {
    const bench = await kinesisBench(ministack, 1)
    intercept(bench.client, async ({ send }) => {
      await send()
      pass(bench.client)
      throw lostAnswer()
    })
    const outcomes = await bench.open().put([record(5, 1), record(5, 2)])
    expect(outcomes.map(({ kind }) => kind)).toEqual(['stored', 'stored'])
    expect(numbersOf(await bench.read(), 5)).toEqual([1, 1, 2])
  })

  test('a call without an answer ends in time, and its records are refused', async () => {
    const silent = createServer(() => {})
    silent.listen(0, '127.0.0.1')
    await once(silent, 'listening')
    const { port } = silent.address() as AddressInfo
    const client = new KinesisClient({ ...ministack.settings(), endpoint: `http://127.0.0.1:${port}` })
    const settings = { client, stream: 's', spreadOf: spreadOf(2), deadlineMs: 600, callTimeoutMs: 150 }
    const started = performance.now()
    const outcomes = await createKinesisStream(settings).put([record(1, 1)])
    expect(outcomes).toMatchObject([{ kind: 'refused', reason: expect.stringMatching(/Abort|Timeout/) }])
    expect(performance.now() - started).toBeLessThan(3_000)
    client.destroy()
    silent.closeAllConnections()
    silent.close()
  })

  test('when the time is up, a partition is refused from its first failure on, the others are stored', async () => {
    const bench = await kinesisBench(ministack, 1)
    intercept(bench.client, async ({ input, send }) => {
      const isHot = ({ PartitionKey }: { PartitionKey: string }) => PartitionKey === '7'
      const asked = input.Records
      input.Records = asked.filter((entry: { PartitionKey: string }) => !isHot(entry))
      const answers = input.Records.length === 0 ? [] : (await send()).Records
      const failed = { ErrorCode: 'ProvisionedThroughputExceededException' }
      return { Records: asked.map((entry: never) => (isHot(entry) ? failed : answers.shift())) }
    })
    const records = [record(7, 1), record(8, 2), record(7, 3), record(8, 4)]
    const outcomes = await bench.open({ deadlineMs: 400 }).put(records)
    expect(outcomes.map(({ kind }) => kind)).toEqual(['refused', 'stored', 'refused', 'stored'])
    expect(outcomes[2]).toMatchObject({ reason: 'ProvisionedThroughputExceededException' })
    expect(numbersOf(await bench.read(), 8)).toEqual([2, 4])
  })

  test('a put that waited too long behind others is refused', async () => {
    const bench = await kinesisBench(ministack, 1)
    intercept(bench.client, async () => {
      throw awsFault('ThrottlingException')
    })
    const stream = bench.open({ deadlineMs: 200 })
    const outcomes = await Promise.all([stream.put([record(1, 1)]), stream.put([record(1, 2)])])
    expect(outcomes.flat().map(({ kind }) => kind)).toEqual(['refused', 'refused'])
  })

  test.each([
    ['AccessDeniedException', 'storage_failed', true],
    ['ResourceNotFoundException', 'storage_failed', true],
    ['KMSDisabledException', 'storage_failed', true],
    ['InvalidArgumentException', 'internal', false],
  ])('%s is an error: %s', async (name, code, retryable) => {
    const bench = await kinesisBench(ministack, 1)
    intercept(bench.client, async () => {
      throw awsFault(name)
    })
    const put = bench.open().put([record(1, 1)])
    await expect(put).rejects.toMatchObject({ code, retryable, message: expect.stringContaining(bench.name) })
  })

  test('a partition that there is not is an error', async () => {
    const bench = await kinesisBench(ministack, 1)
    const put = bench.open({ partitions: 2 }).put([record(2, 1)])
    await expect(put).rejects.toMatchObject({ code: 'internal', message: /partition 2/ })
  })
})
