import { gzipSync } from 'node:zlib'
import type { Context, KinesisStreamEvent } from 'aws-lambda'
import { expect, test } from 'vitest'
import { TributaryError } from '../../core/errors.ts'
import type { FailedRecord, Failure } from '../../core/ports/dead-letters.ts'
import { createHandler } from '../../functions/sources/speed.ts'
import type { SpeedRecord } from '../../steps/apply-speed.ts'
import documented from '../fixtures/aws/kinesis-event.json' with { type: 'json' }

/**
 * Delivers records with those payloads and partition keys; what the step was given and what went to the dead
 * letters.
 */
async function deliver(
  records: readonly { readonly key: string; readonly payload: Uint8Array }[],
  failure?: TributaryError,
) {
  const applied: SpeedRecord[] = []
  const letters: (FailedRecord & Failure)[] = []
  let puts = 0
  const handler = createHandler({
    begin: async () => undefined,
    applySpeed: async batch => {
      if (failure !== undefined) throw failure
      applied.push(...batch)
      const unreadable = batch.flatMap(({ data }, index) =>
        data.startsWith('{') ? [] : [{ index, reason: 'not JSON' }],
      )
      const unknown = batch.flatMap(({ data }, index) =>
        data.includes('"new"') ? [{ index, type: 'org.example.new' }] : [],
      )
      return { counted: 0, duplicates: 0, repeats: 0, receivedAt: 0, unreadable, unknown }
    },
    holdsUnknown: true,
    deadLetters: {
      put: async (failed, failure) => {
        puts += 1
        letters.push(...failed.map(one => ({ ...one, ...failure })))
      },
    },
    report: () => {},
  })
  const [first] = documented.Records
  const event: KinesisStreamEvent = {
    Records: records.map(({ key, payload }) => {
      const data = Buffer.from(payload).toString('base64')
      return { ...first!, kinesis: { ...first!.kinesis, partitionKey: key, data } }
    }),
  }
  const answer = await handler(event, {} as Context)
  return { answer, applied: applied.map(({ data }) => data), letters, puts }
}

test('records of a type that only a newer version knows are held among the dead letters, in one put a type', async () => {
  const { answer, letters, puts } = await deliver([
    { key: '1', payload: Buffer.from('{"type":"new","n":1}\n') },
    { key: '2', payload: Buffer.from('{"type":"old","n":2}\n') },
    { key: '3', payload: Buffer.from('{"type":"new","n":3}\n') },
  ])
  expect(answer).toEqual({ batchItemFailures: [] })
  expect(puts).toBe(1)
  expect(letters).toMatchObject([
    { partition: 1, reason: 'unknown_type', detail: 'org.example.new', data: '{"type":"new","n":1}\n' },
    { partition: 3, reason: 'unknown_type', detail: 'org.example.new' },
  ])
})

test('records that cannot be read go to the dead letters whole, and do not hold up the others', async () => {
  const broken = gzipSync('{"n":1}\n').subarray(0, 15)
  const { answer, applied, letters } = await deliver([
    { key: '1', payload: gzipSync('{"n":1}\n') },
    { key: '2', payload: broken },
    { key: 'x', payload: Buffer.from('{"n":2}\n') },
    { key: '3', payload: Buffer.from('nonsense') },
    { key: '4', payload: Buffer.from('{"n":3}\n') },
  ])
  expect(answer).toEqual({ batchItemFailures: [] })
  expect(applied).toEqual(['{"n":1}\n', 'nonsense', '{"n":3}\n'])
  expect(letters).toMatchObject(
    [
      { partition: 2, data: broken.toString('base64'), reason: 'unreadable', detail: /gzip/ },
      { partition: -1, data: '{"n":2}\n', reason: 'unreadable', detail: /partition key "x"/ },
      { partition: 3, data: 'nonsense', reason: 'unreadable', detail: 'not JSON' },
    ].map(letter => ({ ...letter, detail: expect.stringMatching(letter.detail) })),
  )
})

test('a flood of them takes one put', async () => {
  const broken = gzipSync('{"n":1}\n').subarray(0, 15)
  const { letters, puts } = await deliver(
    Array.from({ length: 300 }, (_, n) => ({ key: `${n}`, payload: broken })),
  )
  expect([letters.length, puts]).toEqual([300, 1])
})

const SOUND = { key: '1', payload: gzipSync('{"n":1}\n') }

test('a record that comes alone and fails for good goes to the dead letters, with the reason', async () => {
  const tooLarge = new TributaryError('too_large', 'an item outgrows its store')
  const { answer, letters } = await deliver([SOUND], tooLarge)
  expect(answer).toEqual({ batchItemFailures: [] })
  expect(letters).toMatchObject([
    {
      partition: 1,
      data: '{"n":1}\n',
      reason: 'unreadable',
      detail: 'too_large: an item outgrows its store',
    },
  ])
})

test('among others it fails the batch, so that it is delivered alone', async () => {
  const tooLarge = new TributaryError('too_large', 'an item outgrows its store')
  await expect(deliver([SOUND, SOUND], tooLarge)).rejects.toThrow('outgrows')
})

test("a failure that passes, or that is the program's own, fails the batch, also of one record", async () => {
  for (const code of ['overloaded', 'internal'] as const)
    await expect(deliver([SOUND], new TributaryError(code, 'no such thing'))).rejects.toThrow('no such thing')
})
