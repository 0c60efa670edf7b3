import { afterEach, describe, expect, test } from 'vitest'
import { DEFAULT_TIME_BOUNDS } from '../../../core/event/event-times.ts'
import { createJudging, type Judging, type JudgingLimits } from '../../../local/intake/judging.ts'
import { BATCH, FOLDER, flight } from '../test-platform.ts'

const GENEROUS: JudgingLimits = { longestMs: 20_000, heapMb: 1024, waiting: 32 }

let judging: Judging
afterEach(() => judging.close())

const begin = (limits: Partial<JudgingLimits>) => {
  judging = createJudging({ pipeline: FOLDER, timeBounds: DEFAULT_TIME_BOUNDS }, { ...GENEROUS, ...limits })
}
const SENDER = { key: 'k', address: '127.0.0.1' }
const request = (body: string) => ({ headers: BATCH, body })
const one = (id: string) => request(JSON.stringify([flight(id)]))
const judgedWell = async (id: string) =>
  expect(await judging.judge(one(id), SENDER)).toMatchObject({ accepted: [{ index: 0 }], rejections: [] })
const failureOf = (work: Promise<unknown>) =>
  work.then(
    () => 'none',
    (error: unknown) => error,
  )

/** 8 MB whose keys JavaScript keeps in a table, as they could be indexes: a second or two, 400 MB. */
const keys = Array.from({ length: 450_000 }, (_, i) => `"${4294967294 - i * 7}":1`).join(',')
const expensive = request(`[{"data":{${keys}}}]`)

describe('the thread that judges large requests', () => {
  test('ends one that takes too long, and judges the next', async () => {
    begin({ longestMs: 400 })
    expect(await failureOf(judging.judge(expensive, SENDER))).toMatchObject({
      code: 'too_large',
      message: expect.stringContaining('send fewer or smaller ones'),
    })
    await judgedWell('after')
  })

  test('ends one that takes too much memory, and judges the next', async () => {
    begin({ heapMb: 48 })
    expect(await failureOf(judging.judge(expensive, SENDER))).toMatchObject({ code: 'too_large' })
    await judgedWell('after')
  })

  test('refuses for now what comes while too many wait, and answers those that wait', async () => {
    begin({ waiting: 2 })
    const all = [one('first'), one('second'), one('third'), one('fourth')].map(each =>
      judging.judge(each, SENDER),
    )
    const found = await Promise.allSettled(all)
    expect(found.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'fulfilled', 'rejected'])
    expect(found[3]).toMatchObject({ reason: { code: 'overloaded', retryable: true, retryAfter: 5 } })
    await judgedWell('later')
  })

  test('lets senders take turns, and refuses the one that has most in line', async () => {
    begin({ waiting: 4 })
    const order: string[] = []
    const judge = (id: string, key: string) =>
      judging.judge(one(id), { ...SENDER, key }).then(
        () => order.push(id),
        (error: { code: string }) => order.push(`${id} ${error.code}`),
      )
    const flood = ['a1', 'a2', 'a3', 'a4', 'a5'].map(id => judge(id, 'a'))
    await Promise.all([...flood, judge('b1', 'b'), judge('c1', 'c')])
    expect(order).toEqual(['a5 overloaded', 'a4 overloaded', 'a1', 'a2', 'b1', 'c1', 'a3'])
  })

  test('answers what waits when it is closed', async () => {
    begin({})
    const all = [one('x1'), one('x2')].map(each => judging.judge(each, SENDER))
    const settled = Promise.allSettled(all)
    await judging.close()
    expect((await settled).map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  })
})
