import { afterEach, describe, expect, test } from 'vitest'
import { DEFAULT_TIME_BOUNDS } from '../../../core/event/event-times.ts'
import { createJudging, type Judging, type JudgingLimits } from '../../../local/intake/judging.ts'
import { BATCH, FOLDER, flight } from '../test-platform.ts'

const GENEROUS: JudgingLimits = { longestMs: 20_000, heapMb: 1024, waiting: 32 }

let judging: Judging
afterEach(() => judging.close())

const begin = (limits: Partial<JudgingLimits>) => {
  judging = createJudging(
    { pipeline: FOLDER, partitions: 16, timeBounds: DEFAULT_TIME_BOUNDS },
    { ...GENEROUS, ...limits },
  )
}
const request = (body: string) => ({ headers: BATCH, body })
const one = (id: string) => request(JSON.stringify([flight(id)]))
const judgedWell = async (id: string) =>
  expect(await judging.judge(one(id))).toMatchObject({ accepted: [{ index: 0 }], rejections: [] })
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
    expect(await failureOf(judging.judge(expensive))).toMatchObject({
      code: 'too_large',
      message: expect.stringContaining('send fewer or smaller ones'),
    })
    await judgedWell('after')
  })

  test('ends one that takes too much memory, and judges the next', async () => {
    begin({ heapMb: 48 })
    expect(await failureOf(judging.judge(expensive))).toMatchObject({ code: 'too_large' })
    await judgedWell('after')
  })

  test('refuses for now what comes while too many wait, and answers those that wait', async () => {
    begin({ waiting: 2 })
    const all = [one('first'), one('second'), one('third'), one('fourth')].map(each => judging.judge(each))
    const found = await Promise.allSettled(all)
    expect(found.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'rejected'])
    expect(found[2]).toMatchObject({ reason: { code: 'overloaded', retryable: true, retryAfter: 5 } })
    await judgedWell('later')
  })
})
