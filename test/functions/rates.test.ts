import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { TributaryError } from '../../core/errors.ts'
import type { Answer, Client } from '../../local/cli/client.ts'
import { sendBatches } from '../../local/cli/sending.ts'
import { createAllow } from '../../steps/allow.ts'
import { BATCH, flight, type Platform, startPlatform } from '../local/test-platform.ts'

let platform: Platform
beforeAll(async () => {
  platform = await startPlatform()
})
afterAll(() => platform.close())

const post = async (key: string, events: readonly unknown[]) => {
  const answer = await platform.call('POST', '/v1/events', key, JSON.stringify(events), BATCH)
  return {
    status: answer.status,
    headers: answer.headers,
    body: (await answer.json()) as Record<string, unknown>,
  }
}

test('a key with a rate is told how it stands, and 429 with when to come back; others are let pass', async () => {
  const answers = []
  for (let n = 0; n < 24; n++) answers.push(await post('slow', [flight(`s${n}`)]))
  const statuses = answers.map(one => one.status)
  expect(statuses[0]).toBe(202)
  expect(statuses.filter(status => status === 429).length).toBeGreaterThanOrEqual(4)
  expect(answers[0]!.headers.get('ratelimit-policy')).toBe('"requests";q=10;w=10')
  const refused = answers.find(one => one.status === 429)!
  expect(refused.headers.get('ratelimit')).toMatch(/^"requests";r=0;t=\d+$/)
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
  expect(refused.body).toMatchObject({
    code: 'too_many',
    detail: expect.stringContaining('key slow may make 1 requests'),
  })
  const free = await post('w', [flight('w1')])
  expect([free.status, free.headers.get('ratelimit')]).toEqual([202, null])
})

test('a key with a quota sends so many events a day, a request whole or not at all', async () => {
  expect((await post('small', [flight('q1'), flight('q2')])).status).toBe(202)
  const { status, headers, body } = await post('small', [flight('q3'), flight('q4')])
  expect(status).toBe(429)
  expect(body).toMatchObject({
    accepted: 0,
    retry: [
      { index: 0, id: 'q3' },
      { index: 1, id: 'q4' },
    ],
  })
  expect(body['detail']).toMatch(/key small may send 3 events a day/)
  expect(Number(headers.get('retry-after'))).toBeLessThanOrEqual(86_400)
  expect((await post('small', [flight('q3', { data: {} })])).status).toBe(422)
  expect((await post('small', [flight('q4')])).status).toBe(429)
  expect(platform.failures).toEqual([])
})

test('a key whose use cannot be counted is let pass, which is told', async () => {
  const told: unknown[] = []
  const allowances = { take: () => Promise.reject(new TributaryError('unavailable', 'no table')) }
  const allow = createAllow({ allowances, now: Date.now, report: failure => void told.push(failure) })
  expect(await allow.request({ name: 'a', rate: 1 })).toBeUndefined()
  await allow.events({ name: 'a', events: 1 }, 5)
  expect(told).toHaveLength(2)
})

describe('the command line', () => {
  const send = async (answers: readonly Answer[]) => {
    const left = [...answers]
    const times: number[] = []
    const client = {
      url: '',
      send: async () => {
        times.push(performance.now())
        return left.shift()!
      },
    } as unknown as Client
    const batches = (async function* () {
      yield { first: 0, events: [JSON.stringify(flight('c1'))] }
    })()
    const nothing = () => undefined
    const options = { gzip: false, connections: 1, signal: new AbortController().signal }
    const sent = await sendBatches(client, batches as never, {
      ...options,
      ...{ onProgress: nothing, onRejected: nothing, onAnswer: nothing, onWait: nothing },
    })
    return { ...sent, times }
  }
  const later = (retryAfter: number): Answer => ({ status: 429, body: { detail: 'too much' }, retryAfter })
  const done: Answer = { status: 202, body: { accepted: 1, rejected: [] }, retryAfter: undefined }

  test('waits as long as it is asked to', async () => {
    const { tally, times } = await send([later(2), done])
    expect(tally.accepted).toBe(1)
    expect(times[1]! - times[0]!).toBeGreaterThanOrEqual(1_990)
  })

  test('ends where it would have to wait for a day', async () => {
    const { failure, times } = await send([later(40_000), done])
    expect(times).toHaveLength(1)
    expect(failure).toMatchObject({ message: expect.stringContaining('too much') })
  })
})
