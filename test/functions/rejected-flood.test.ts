import { setTimeout as pause } from 'node:timers/promises'
import { gunzipSync } from 'node:zlib'
import type { FirehoseClient } from '@aws-sdk/client-firehose'
import { describe, expect, test } from 'vitest'
import { TributaryError } from '../../core/errors.ts'
import { compileAcceptor } from '../../core/event/accept.ts'
import type { Rejected } from '../../core/ports/rejected.ts'
import { boundedRejected } from '../../drivers/rejected/bounded.ts'
import { unpackLine } from '../../drivers/rejected/firehose/packed-line.ts'
import { createFirehoseSink } from '../../drivers/rejected/firehose/sink.ts'
import { createAjvValidators } from '../../drivers/validators/ajv.ts'
import { createHandler } from '../../functions/ingest.ts'
import type { HttpEvent } from '../../functions/middleware/http.ts'
import { createIngest } from '../../steps/ingest.ts'
import { BATCH, flight, pipeline, startPlatform } from '../local/test-platform.ts'

const ACCESS = { name: 'shop', write: 'all' } as const
const bad = (id: string) => flight(id, { data: { origin: 'x'.repeat(50) } })

/** Ingest as its function has it, over a stream that takes everything at once. */
function ingestOver(rejected: Pick<Rejected, 'put'>) {
  const ingest = createIngest({
    accept: compileAcceptor(pipeline, createAjvValidators()),
    stream: { put: async batch => batch.map(() => ({ kind: 'stored' }) as const) },
    ...{
      rejected,
      now: Date.now,
      partitionsAt: () => ({ first: 0, count: 8 }),
      epochLength: 3_600_000,
      process: 'test00',
    },
  })
  const handler = createHandler({ ingest, report: () => undefined, allow: {} as never, pipeline })
  return async (events: readonly unknown[]) => {
    const since = performance.now()
    const event = {
      headers: BATCH,
      body: JSON.stringify(events),
      rawQueryString: '',
      routeKey: 'POST /v1/events',
    }
    const answer = await handler({ ...event, requestContext: { http: {} } } as unknown as HttpEvent, ACCESS)
    return { status: answer.statusCode, body: JSON.parse(answer.body!), ms: performance.now() - since }
  }
}

/** What Firehose makes of a call; the second one is for a call that is ended. */
type Firehose = (records: readonly { Data: Uint8Array }[], signal: AbortSignal) => Promise<unknown>

/** The sink of the function, over a Firehose and an S3 of these manners, and what is kept in either. */
function sinkOver(firehose: Firehose, s3Ms: number) {
  const lines: string[] = []
  const objects: string[] = []
  const keep = (bytes: Uint8Array) => {
    for (const line of Buffer.from(bytes).toString().trimEnd().split('\n')) lines.push(...unpackLine(line))
  }
  const client = {
    send: async (
      { input }: { input: { Records: { Data: Uint8Array }[] } },
      o: { abortSignal: AbortSignal },
    ) => firehose(input.Records, o.abortSignal),
  } as unknown as FirehoseClient
  const sink = createFirehoseSink({
    firehose: { client, stream: 'rejected' },
    objects: {
      put: async (key, content) => {
        await pause(s3Ms)
        objects.push(key)
        keep(gunzipSync(content as Uint8Array))
      },
    },
  })
  const ids = () => lines.map(line => (JSON.parse(line) as { id: string }).id)
  return { sink: boundedRejected(sink), ids, objects, keep }
}

/** Beside the bound: what a busy machine takes to come to a timer, ms. */
const SLACK_MS = 500

const p99 = (all: readonly number[]) => [...all].sort((a, b) => a - b)[Math.floor(all.length * 0.99)]!

const MANNERS: readonly [string, Firehose][] = [
  [
    'throttles',
    async records => ({
      RequestResponses: records.map(() => ({ ErrorCode: 'ServiceUnavailableException' })),
    }),
  ],
  [
    'does not answer',
    (_, signal) => new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
  ],
]

describe('a flood of rejected events on AWS', () => {
  test.each(MANNERS)('keeps all of them, and delays no good ones, where Firehose %s', async (_, firehose) => {
    const { sink, ids, objects } = sinkOver(firehose, 200)
    const post = ingestOver(sink)
    const without = []
    for (let n = 0; n < 15; n++)
      without.push(...(await Promise.all(Array.from({ length: 20 }, (_, i) => post([flight(`w${n}.${i}`)])))))
    const mixed = (n: number) => post([flight(`g${n}`), bad(`b${n}`), bad(`c${n}`)])
    const requests = Array.from({ length: 300 }, (_, n) => n)
    const answers: { good: Awaited<ReturnType<typeof post>>[]; mixed: Awaited<ReturnType<typeof post>>[] } = {
      good: [],
      mixed: [],
    }
    for (let from = 0; from < requests.length; from += 20) {
      const some = requests.slice(from, from + 20)
      const good = Promise.all(some.map(n => post([flight(`only${n}`)])))
      answers.mixed.push(...(await Promise.all(some.map(mixed))))
      answers.good.push(...(await good))
    }
    expect(new Set(answers.good.map(one => one.status))).toEqual(new Set([202]))
    expect(new Set(answers.mixed.map(one => one.status))).toEqual(new Set([202]))
    expect(new Set(ids())).toEqual(new Set(requests.flatMap(n => [`b${n}`, `c${n}`])))
    expect(objects.length).toBeGreaterThan(0)
    const unhindered = p99(without.map(one => one.ms))
    // One patience with Firehose, only until it is known, and one object: half a second and a fifth.
    expect(Math.max(...answers.mixed.map(one => one.ms)) - unhindered).toBeLessThan(1_000 + SLACK_MS)
    expect(p99(answers.good.map(one => one.ms)) - unhindered).toBeLessThan(SLACK_MS)
  })

  test('makes good events wait a second at most where S3 does not answer either', async () => {
    const post = ingestOver(sinkOver(MANNERS[1]![1], 60_000).sink)
    const mixed = Array.from({ length: 20 }, (_, n) => post([flight(`g${n}`), bad(`b${n}`)]))
    for (const { status, body, ms } of await Promise.all(mixed)) {
      expect([status, body]).toMatchObject([503, { accepted: 1, retry: [{ index: 1 }] }])
      expect(ms).toBeLessThan(1_000 + SLACK_MS)
    }
  })

  test('asks again for the rejected ones alone where S3 takes them neither', async () => {
    const post = ingestOver({ put: () => Promise.reject(new TributaryError('unavailable', 'S3 is away')) })
    const { status, body } = await post([flight('g'), bad('b'), flight('h')])
    expect(status).toBe(503)
    expect(body).toMatchObject({ accepted: 2, rejected: [], retry: [{ index: 1, id: 'b' }] })
    expect(body.detail).toMatch(/events that break their contract cannot be kept for now/)
  })
})

test('on one machine a store of rejected events that hangs delays good ones by no more than its bound', async () => {
  const hanging = boundedRejected({ put: () => new Promise<void>(() => undefined) })
  const ingest = createIngest({
    accept: compileAcceptor(pipeline, createAjvValidators()),
    stream: { put: async batch => batch.map(() => ({ kind: 'stored' }) as const) },
    ...{
      rejected: hanging,
      now: Date.now,
      partitionsAt: () => ({ first: 0, count: 8 }),
      epochLength: 3_600_000,
      process: 'test00',
    },
  })
  const platform = await startPlatform({}, { ingest })
  const post = async (events: readonly unknown[]) => {
    const since = performance.now()
    const answer = await platform.call('POST', '/v1/events', 'w', JSON.stringify(events), BATCH)
    return { status: answer.status, body: await answer.json(), ms: performance.now() - since }
  }
  const without = []
  for (let n = 0; n < 100; n++) without.push(await post([flight(`w${n}`)]))
  const flood = Promise.all(Array.from({ length: 50 }, (_, n) => post([flight(`m${n}`), bad(`b${n}`)])))
  const good = []
  for (let n = 0; n < 100; n++) good.push(await post([flight(`o${n}`)]))
  expect(new Set(good.map(one => one.status))).toEqual(new Set([202]))
  const unhindered = p99(without.map(one => one.ms))
  expect(p99(good.map(one => one.ms)) - unhindered).toBeLessThan(SLACK_MS)
  for (const { status, body, ms } of await flood) {
    expect([status, body]).toMatchObject([503, { accepted: 1, retry: [{ index: 1 }] }])
    expect(ms - unhindered).toBeLessThan(1_000 + SLACK_MS)
  }
  await platform.close()
})
