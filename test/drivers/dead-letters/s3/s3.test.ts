import { randomUUID } from 'node:crypto'
import { gunzipSync, gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import type { FailedRecord, Failure } from '../../../../core/ports/dead-letters.ts'
import { createS3DeadLetters } from '../../../../drivers/dead-letters/s3/s3.ts'
import { awsFault, intercept } from '../../../engines/aws-faults.ts'
import { describeOnMinistack } from '../../../engines/ministack.ts'
import { s3Bench } from '../../objects/s3/kit.ts'

const NOON = Date.UTC(2026, 0, 31, 12)
const DAY = 86_400_000
const failure: Failure = { consumer: 'speed', reason: 'unreadable', detail: 'not JSON', deliveries: 1 }
const record = (n: number, data = `{"n":${n}}\n`): FailedRecord => ({
  ...{ sequence: String(n).padStart(56, '0'), partition: n % 10, arrival: n, data },
})
const numbers = (letters: readonly { readonly sequence: string }[]) =>
  letters.map(({ sequence }) => Number(sequence))

/** What Lambda writes for a batch it gave up, and where. */
function invocationRecord(at: number, from: number, count: number, more: object = {}) {
  const Records = Array.from({ length: count }, (_, n) => ({
    kinesis: {
      kinesisSchemaVersion: '1.0',
      partitionKey: '3',
      sequenceNumber: String(from + n),
      data: gzipSync(`{"n":${from + n}}\n`).toString('base64'),
      approximateArrivalTimestamp: 1_769_860_000.5,
    },
    eventSource: 'aws:kinesis',
  }))
  const instant = new Date(at).toISOString()
  const content = {
    requestContext: {
      requestId: randomUUID(),
      functionArn: 'arn:aws:lambda:eu-central-1:123456789012:function:tributary-dev-speed',
      condition: 'RetryAttemptsExhausted',
      approximateInvokeCount: 4,
    },
    responseContext: { statusCode: 200, executedVersion: '$LATEST', functionError: 'Unhandled' },
    version: '1.0',
    timestamp: instant,
    KinesisBatchInfo: {
      shardId: 'shardId-000000000001',
      startSequenceNumber: String(from),
      endSequenceNumber: String(from + count - 1),
      approximateArrivalOfFirstRecord: instant,
      approximateArrivalOfLastRecord: instant,
      batchSize: count,
      streamArn: 'arn:aws:kinesis:eu-central-1:123456789012:stream/tributary-dev',
    },
    payload: JSON.stringify({ Records }),
    ...more,
  }
  const day = instant.slice(0, 10)
  const name = `${day}T${instant.slice(11, 19).replaceAll(':', '.')}-${randomUUID()}`
  const key = `aws/lambda/b8ff-mapping/shardId-000000000001/${day.replaceAll('-', '/')}/${name}`
  return { key, content: Buffer.from(JSON.stringify(content)) }
}

describeOnMinistack('dead letters in S3', ['s3'], ministack => {
  const start = async () => {
    const bench = await s3Bench(ministack)
    let now = NOON
    const letters = createS3DeadLetters({ objects: bench.objects, now: () => now })
    return { ...bench, letters, at: (ms: number) => (now = ms) }
  }

  test('an empty store lists nothing', async () => {
    expect(await (await start()).letters.list(10)).toEqual([])
  })

  test('records are kept whole, with the reason, and the newest are listed first', async () => {
    const { letters, at } = await start()
    await letters.put([record(1), record(2)], failure)
    at(NOON + DAY)
    await letters.put([record(3, '{"text":"é ☃ \\n"}\n')], { ...failure, reason: 'record_too_old' })
    expect(await letters.list(10)).toEqual([
      { ...record(3, '{"text":"é ☃ \\n"}\n'), ...failure, reason: 'record_too_old', failedAt: NOON + DAY },
      { ...record(2), ...failure, failedAt: NOON },
      { ...record(1), ...failure, failedAt: NOON },
    ])
    expect(numbers(await letters.list(2))).toEqual([3, 2])
  })

  test('a put is one object, and none without records', async () => {
    const { letters, objects } = await start()
    await letters.put([], failure)
    await letters.put([record(1), record(2)], { ...failure, consumer: 'a/b' })
    const [only, ...others] = await objects.list('')
    expect(others).toEqual([])
    expect(only!.key).toMatch(/^dead-letters\/\d{13}-2026-01-31T12\.00\.00\.000Z-a_b-0+1\.jsonl\.gz$/)
    expect(
      gunzipSync((await objects.get(only!.key))!)
        .toString()
        .split('\n'),
    ).toHaveLength(3)
  })

  test('batches that Lambda gave up are listed among ours by time', async () => {
    const { letters, objects, at } = await start()
    at(NOON - DAY)
    await letters.put([record(1)], failure)
    at(NOON)
    await letters.put([record(9)], failure)
    for (const [age, from] of [
      [DAY / 2, 2],
      [2 * DAY, 5],
      [40 * DAY, 7],
    ] as const) {
      const { key, content } = invocationRecord(NOON - age, from, 2)
      await objects.put(key, content)
    }
    const all = await letters.list(100)
    expect(numbers(all)).toEqual([9, 3, 2, 1, 6, 5])
    expect(all[1]).toEqual({
      ...{ sequence: '3'.padStart(56, '0'), partition: 3, arrival: 1_769_860_000_500, data: '{"n":3}\n' },
      ...{
        consumer: 'tributary-dev-speed',
        reason: 'retries_exhausted',
        deliveries: 4,
        failedAt: NOON - DAY / 2,
      },
      detail: 'RetryAttemptsExhausted (Unhandled): a batch of 2 of shardId-000000000001',
    })
    expect(numbers(await letters.list(2))).toEqual([9, 3])
  })

  test('a payload may be an object, the reason its age, or the event left out', async () => {
    const { letters, objects } = await start()
    const one = invocationRecord(NOON - 3_000, 1, 1)
    const { payload } = JSON.parse(one.content.toString())
    const asObject = invocationRecord(NOON - 2_000, 1, 1, { payload: JSON.parse(payload) })
    const requestContext = { functionArn: 'f', condition: 'RecordAgeExceeded', approximateInvokeCount: 1 }
    const aged = invocationRecord(NOON - 1_000, 2, 1, { requestContext })
    const without = invocationRecord(NOON, 3, 1, { payload: undefined })
    for (const { key, content } of [asObject, aged, without]) await objects.put(key, content)
    const listed = await letters.list(10)
    expect(listed.map(({ data, reason }) => [data, reason])).toEqual([
      ['', 'retries_exhausted'],
      ['{"n":2}\n', 'record_too_old'],
      ['{"n":1}\n', 'retries_exhausted'],
    ])
  })

  test('an object that is none is named', async () => {
    const { letters, objects } = await start()
    const { key } = invocationRecord(NOON, 1, 1)
    await objects.put(key, Buffer.from('{"other":1}'))
    await expect(letters.list(10)).rejects.toMatchObject({
      code: 'corrupt_data',
      message: expect.stringContaining(key),
    })
  })

  test('a put that S3 does not take is an error', async () => {
    const { client, letters } = await start()
    intercept(client, async () => {
      throw awsFault('AccessDenied', 403)
    })
    const put = letters.put([record(1)], failure)
    await expect(put).rejects.toMatchObject({ code: 'storage_failed', retryable: true })
  })

  test.each([0, 1.5, 1_001])('%d letters are not listed', async limit => {
    await expect((await start()).letters.list(limit)).rejects.toMatchObject({ code: 'bad_request' })
  })
})
