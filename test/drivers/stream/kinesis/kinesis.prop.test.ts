import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { StreamRecord } from '../../../../core/ports/stream/stream.ts'
import { CALL_BYTES, CALL_RECORDS } from '../../../../drivers/stream/kinesis/call.ts'
import { hashKey } from '../../../../drivers/stream/kinesis/entry.ts'
import { createKinesisStream } from '../../../../drivers/stream/kinesis/kinesis.ts'
import { memoryKinesis } from './kit.ts'

const record = (partition: number, n: number, data = `{"n":${n}}\n`): StreamRecord => ({
  ...{ partition, type: 'page.view', epoch: 0, count: 1, data },
})

test('whatever fails, each partition is stored in order, repeats in their place, and refused from one record on', async () => {
  const verdict = fc.constantFrom(
    'stored' as const,
    'refused' as const,
    'lost' as const,
    'throttled' as const,
  )
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.nat(3), { minLength: 1, maxLength: 12 }),
      fc.array(verdict, { maxLength: 12 }),
      fc.boolean(),
      async (partitions, verdicts, isDown) => {
        const { client, stored, calls } = memoryKinesis(at => verdicts[at] ?? (isDown ? 'refused' : 'stored'))
        const records = partitions.map((partition, n) => record(partition, n))
        const stream = createKinesisStream({
          client,
          stream: 's',
          spreadOf: () => ({ first: 0, count: 4 }),
          deadlineMs: isDown ? 60 : 20_000,
        })
        const outcomes = await stream.put(records)
        for (const call of calls) expect(new Set(call).size).toBe(call.length)
        for (const partition of new Set(partitions)) {
          const own = records
            .map((one, at) => ({ ...one, ...outcomes[at]! }))
            .filter(one => one.partition === partition)
          const kinds = own.map(({ kind }) => kind).join(' ')
          expect(kinds).toMatch(isDown ? /^(stored ?)*(refused ?)*$/ : /^(stored ?)+$/)
          const firsts = [
            ...new Set(stored.filter(one => one.partition === partition).map(({ data }) => data)),
          ]
          // A refused record may have been stored by a call whose answer was lost; nothing after it may.
          const sure = own.filter(({ kind }) => kind === 'stored').map(({ data }) => data)
          expect(firsts.slice(0, sure.length)).toEqual(sure)
          expect(firsts).toEqual(own.slice(0, firsts.length).map(({ data }) => data))
          expect(firsts.length - sure.length).toBeLessThanOrEqual(1)
          const all = stored.filter(one => one.partition === partition).map(({ data }) => data)
          expect(all).toEqual(all.toSorted((a, b) => firsts.indexOf(a) - firsts.indexOf(b)))
        }
      },
    ),
    { numRuns: 60 },
  )
}, 120_000)

test('a call has at most 500 records', async () => {
  const { client, calls } = memoryKinesis(() => 'stored')
  const stream = createKinesisStream({ client, stream: 's', spreadOf: () => ({ first: 0, count: 1_200 }) })
  await stream.put(Array.from({ length: 1_200 }, (_, partition) => record(partition, partition)))
  expect(calls.map(({ length }) => length)).toEqual([CALL_RECORDS, CALL_RECORDS, 200])
})

test('a call has at most 5 MiB', async () => {
  const { client, stored, calls } = memoryKinesis(() => 'stored')
  const stream = createKinesisStream({ client, stream: 's', spreadOf: () => ({ first: 0, count: 20 }) })
  const noise = () =>
    `"${Buffer.from(crypto.getRandomValues(new Uint8Array(60_000)))
      .toString('base64')
      .repeat(9)}"\n`
  const records = Array.from({ length: 20 }, (_, partition) => record(partition, 0, noise()))
  await stream.put(records)
  expect(stored).toHaveLength(20)
  expect(calls.length).toBeGreaterThan(1)
  expect(CALL_BYTES).toBeLessThanOrEqual(10 * 1024 * 1024)
})

test('a record larger than Kinesis takes is an error, one of the largest event is not', async () => {
  const { client } = memoryKinesis(() => 'stored')
  const stream = createKinesisStream({ client, stream: 's', spreadOf: () => ({ first: 0, count: 1 }) })
  expect(await stream.put([record(0, 0, `"${'x'.repeat(1_000_200)}"\n`)])).toEqual([{ kind: 'stored' }])
  const tooLarge = stream.put([record(0, 0, `"${'é'.repeat(600_000)}"\n`)])
  await expect(tooLarge).rejects.toMatchObject({ code: 'too_large' })
  expect(await stream.put([record(0, 1)])).toEqual([{ kind: 'stored' }])
})

test('hash keys lie in the middle of equal ranges, so that shards get equal numbers of partitions', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 6 }), fc.integer({ min: 1, max: 40 }), (power, each) => {
      const shards = 2 ** power
      const perShard = new Map<bigint, number>()
      const partitions = { first: 10_000, count: shards * each }
      for (let partition = 10_000; partition < 10_000 + shards * each; partition++) {
        const shard = (BigInt(hashKey(partition, partitions)) * BigInt(shards)) / 2n ** 128n
        perShard.set(shard, (perShard.get(shard) ?? 0) + 1)
      }
      expect([...perShard.values()]).toEqual(Array(shards).fill(each))
    }),
  )
})
