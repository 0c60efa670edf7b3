import { randomBytes } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import { ScanCommand } from '@aws-sdk/client-dynamodb'
import { expect, test } from 'vitest'
import type { RejectedEvent } from '../../../../core/ports/rejected.ts'
import { rejectedContract, rejection } from '../../../contracts/rejected.ts'
import { awsFault, intercept, lostAnswer } from '../../../engines/aws-faults.ts'
import { describeOnMinistack } from '../../../engines/ministack.ts'
import { KEPT_MS, rejectedBench } from './kit.ts'

/** The emulator names an object by the second in which it writes it. */
const settle = () => pause(1_100)
const linesOf = (events: readonly RejectedEvent[]) =>
  events.map(event => `${JSON.stringify(event)}\n`).join('')
const HOUR = 'rejected/2026/01/31/12'

describeOnMinistack('rejected events through Firehose', ['firehose', 's3', 'dynamodb'], ministack => {
  rejectedContract('Firehose and S3', async () => (await rejectedBench(ministack)).rejected, settle)

  test('the events of a put share a record', async () => {
    const { firehose, rejected, objects } = await rejectedBench(ministack)
    const records: number[] = []
    intercept(firehose, async ({ input, send }) => {
      records.push(input.Records.length)
      return send()
    })
    await rejected.put(Array.from({ length: 600 }, (_, n) => rejection(n)))
    await settle()
    expect(records).toEqual([1])
    expect(await objects.list('rejected/')).toHaveLength(1)
    await rejected.put([])
    expect(records).toEqual([1])
  })

  test('many large events take several calls, and one beyond a record goes straight to S3', async () => {
    const { firehose, rejected, objects } = await rejectedBench(ministack)
    const calls: number[] = []
    intercept(firehose, async ({ input, send }) => {
      calls.push(input.Records.length)
      return send()
    })
    const text = (length: number) => JSON.stringify(randomBytes(length * 1.5).toString('base64'))
    const events = [0, 1, 2, 3, 4].map(n => rejection(n, { event: text(450_000) }))
    const huge = rejection(5, { event: text(700_000) })
    await rejected.put([...events, huge])
    await settle()
    expect(calls).toEqual([4, 1])
    expect(await objects.list(`${HOUR}/~large-`)).toHaveLength(1)
    const { events: listed, next } = await rejected.list({ limit: 10 })
    const rest = next === undefined ? [] : (await rejected.list({ limit: 10, after: next })).events
    const all = [...listed, ...rest].sort((a, b) => a.receivedAt - b.receivedAt)
    expect(all.map(({ event }) => event.length)).toEqual([...events, huge].map(({ event }) => event.length))
  }, 60_000)

  /** Text that no compression makes much smaller. */
  const noise = (length: number) => JSON.stringify(randomBytes(length).toString('base64'))

  test('what Firehose does not take goes to S3 at once, and nothing is given to Firehose for a while', async () => {
    const { firehose, rejected, objects, told } = await rejectedBench(ministack)
    const sent: number[] = []
    intercept(firehose, async ({ input, send }) => {
      sent.push(input.Records.length)
      input.Records.splice(1, 1)
      const { RequestResponses } = await send()
      const failed = { ErrorCode: 'ServiceUnavailableException' }
      return { FailedPutCount: 1, RequestResponses: [RequestResponses[0], failed, RequestResponses[1]] }
    })
    await rejected.put([0, 1, 2].map(n => rejection(n, { event: noise(450_000) })))
    await rejected.put([rejection(3)])
    await settle()
    expect([sent, told]).toEqual([[3], ['overloaded']])
    expect(await objects.list(`${HOUR}/~spilled-`)).toHaveLength(2)
    const { events } = await rejected.list({ limit: 10 })
    expect(events.map(({ id }) => id)).toEqual(['id-0', 'id-1', 'id-2', 'id-3'])
  }, 60_000)

  test('what Firehose has taken and S3 too, as its answer was lost, is listed once', async () => {
    const { firehose, rejected } = await rejectedBench(ministack)
    intercept(firehose, async ({ send }) => {
      await send()
      throw lostAnswer()
    })
    await rejected.put([rejection(0), rejection(1)])
    await settle()
    expect((await rejected.list({ limit: 10 })).events.map(({ id }) => id)).toEqual(['id-0', 'id-1'])
  })

  test.each([
    ['ServiceUnavailableException', 503, 'unavailable'],
    ['ThrottlingException', 400, 'overloaded'],
    ['AccessDeniedException', 400, 'storage_failed'],
    ['InvalidArgumentException', 400, 'internal'],
  ])('%s loses nothing, and is told', async (name, status, code) => {
    const { firehose, rejected, told } = await rejectedBench(ministack)
    intercept(firehose, async () => {
      throw awsFault(name, status)
    })
    await rejected.put([rejection(0)])
    expect(told).toEqual([code])
    expect((await rejected.list({ limit: 10 })).events.map(({ id }) => id)).toEqual(['id-0'])
  })

  test('what a Firehose does not answer to in time is kept', async () => {
    const { firehose, rejected, told } = await rejectedBench(ministack, 300)
    intercept(firehose, async () => {
      await pause(300)
      throw lostAnswer()
    })
    await rejected.put([rejection(0)])
    expect(told).toHaveLength(1)
    expect((await rejected.list({ limit: 10 })).events).toHaveLength(1)
  })

  test('a flood is packed to a fraction, and pages of it go on in the middle of a packed line', async () => {
    const { firehose, rejected } = await rejectedBench(ministack)
    let bytes = 0
    intercept(firehose, async ({ input, send }) => {
      for (const { Data } of input.Records) bytes += Data.length
      return send()
    })
    const events = Array.from({ length: 500 }, (_, n) => rejection(n))
    await rejected.put(events)
    await settle()
    expect(bytes).toBeLessThan(Buffer.byteLength(linesOf(events)) / 6)
    const first = await rejected.list({ limit: 123 })
    const rest = await rejected.list({ limit: 1000, after: first.next! })
    expect([...first.events, ...rest.events].map(({ id }) => id)).toEqual(events.map(({ id }) => id))
  })

  test('objects are listed by hour, gzip or not, line by line', async () => {
    const { objects, rejected } = await rejectedBench(ministack)
    await objects.put(`${HOUR}/b.jsonl.gz`, gzipSync(linesOf([2, 3].map(n => rejection(n)))))
    const members = [0, 1].map(n => gzipSync(linesOf([rejection(n)])))
    await objects.put(`${HOUR}/a.jsonl.gz`, Buffer.concat(members))
    await objects.put('rejected/2026/01/31/11/z.jsonl.gz', Buffer.from(linesOf([rejection(-9)])))
    const ids: (string | undefined)[][] = []
    let after: string | undefined
    do {
      const page = await rejected.list({ limit: 2, ...(after !== undefined && { after }) })
      ids.push(page.events.map(({ id }) => id))
      after = page.next
    } while (after !== undefined)
    expect(ids).toEqual([['id--9', 'id-0'], ['id-1', 'id-2'], ['id-3']])
  })

  test('an hour before the time asked for is looked through as well, for what its buffer held', async () => {
    const { objects, rejected } = await rejectedBench(ministack)
    const [early, late, old] = [rejection(0), rejection(60_000), rejection(-86_400_000)]
    await objects.put('rejected/2026/01/30/12/x.jsonl.gz', Buffer.from('not looked at'))
    await objects.put('rejected/2026/01/31/11/x.jsonl.gz', Buffer.from(linesOf([old, early, late])))
    const { events } = await rejected.list({ limit: 10, from: late.receivedAt })
    expect(events.map(({ id }) => id)).toEqual([late.id])
  })

  test('an object that holds something else is named', async () => {
    const { objects, rejected } = await rejectedBench(ministack)
    await objects.put(`${HOUR}/x.jsonl.gz`, gzipSync(linesOf([rejection(0)])).subarray(0, 40))
    const list = rejected.list({ limit: 10 })
    await expect(list).rejects.toMatchObject({ code: 'corrupt_data', message: /12\/x\.jsonl\.gz/ })
  })

  test('many events are marked as replayed, also where the table takes only some at a time', async () => {
    const { dynamodb, table, objects, rejected } = await rejectedBench(ministack)
    const events = Array.from({ length: 130 }, (_, n) => rejection(n))
    await objects.put(`${HOUR}/x.jsonl.gz`, gzipSync(linesOf(events)))
    intercept(dynamodb, async ({ command, input, send }) => {
      if (command === 'BatchWriteItemCommand') {
        const some = input.RequestItems[table]
        const left = some.splice(7)
        await send()
        return { UnprocessedItems: left.length === 0 ? {} : { [table]: left } }
      }
      const asked = input.RequestItems[table].Keys
      const left = asked.splice(60)
      const output = await send()
      return { ...output, UnprocessedKeys: left.length === 0 ? {} : { [table]: { Keys: left } } }
    })
    await rejected.markReplayed(events.slice(0, 100).map(({ receipt }) => receipt))
    const { events: listed } = await rejected.list({ limit: 1_000 })
    expect(listed.map(({ replayed }) => replayed)).toEqual(events.map((_, n) => n < 100))
  })

  test('marks end some time after what they mark', async () => {
    const { dynamodb, table, rejected } = await rejectedBench(ministack)
    await rejected.markReplayed([rejection(0).receipt])
    const { Items } = await dynamodb.send(new ScanCommand({ TableName: table }))
    expect(Number(Items![0]!['expires']!.N)).toBe((rejection(0).receivedAt + KEPT_MS) / 1_000)
  })
})
