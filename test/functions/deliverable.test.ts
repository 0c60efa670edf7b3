import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ListedRejection } from '../../core/ports/rejected.ts'
import { listPage } from '../../drivers/rejected/firehose/list.ts'
import { createHandler as ingestHandler } from '../../functions/ingest.ts'
import { createHandler as metricsHandler } from '../../functions/metrics.ts'
import { isDeliverable, LAMBDA_ANSWER } from '../../functions/middleware/deliverable.ts'
import type { HttpEvent, HttpResponse } from '../../functions/middleware/http.ts'
import { createHandler as rejectedHandler } from '../../functions/rejected.ts'
import type { IngestOutcome } from '../../steps/ingest-outcome.ts'

const bytesOf = (answer: HttpResponse) => Buffer.byteLength(JSON.stringify(answer))
const ADMIN = { name: 'admin', isAdmin: true } as const

const request = (query = '', more: object = {}) =>
  ({
    routeKey: 'GET /',
    rawQueryString: query,
    headers: {},
    requestContext: { http: { sourceIp: '::1' } },
    ...more,
  }) as unknown as HttpEvent
const bodyOf = ({ body = '' }: HttpResponse) => JSON.parse(body)

describe('whether Lambda delivers an answer', () => {
  it('follows from the bytes of the whole response, its body escaped once more', () => {
    const text = fc.string({
      unit: fc.constantFrom('a', '"', '\\', '\u0001', '評', '\ud800', '🚲'),
      maxLength: 60,
    })
    fc.assert(
      fc.property(
        text,
        fc.dictionary(text, text, { maxKeys: 2 }),
        fc.integer({ min: 0, max: 900 }),
        (body, headers, longest) => {
          const answer = { statusCode: 200, headers, body }
          expect(isDeliverable(answer, longest)).toBe(bytesOf(answer) <= longest)
        },
      ),
    )
  })
})

describe('rejected events of which one answer holds only some', () => {
  const receivedAt = Date.parse('2026-11-20T10:00:00Z')
  const key = 'rejected/2026/11/20/10/stream-1.jsonl.gz'
  /** GET /v1/rejected over an object of Firehose with events whose data is as given. */
  function listing(data: readonly string[]) {
    const lines = data.map((text, i) => {
      const event = JSON.stringify({
        specversion: '1.0',
        id: `c-${i}`,
        source: '/f',
        type: 'com.a.b',
        data: { text },
      })
      const receipt = `r${String(i).padStart(6, '0')}`
      return JSON.stringify({
        receipt,
        receivedAt,
        type: 'com.a.b',
        id: `c-${i}`,
        code: 'invalid_event',
        detail: '/a',
        event,
      })
    })
    const content = gzipSync(lines.map(line => `${line}\n`).join(''))
    const objects = {
      get: async () => content,
      list: async (_prefix: string, { after }: { after?: string }) =>
        after === undefined || after < key ? [{ key, bytes: content.length, etag: 'e', writtenAt: 0 }] : [],
    }
    return rejectedHandler({
      rejected: {
        list: async query => {
          const { events, next } = await listPage(objects as never, query, () => 20_000)
          return { events: events.map((event): ListedRejection => ({ ...event, replayed: false })), next }
        },
      },
    })
  }

  /** Follows `next` to the end. */
  async function all(data: readonly string[]) {
    const handler = listing(data)
    const pages: HttpResponse[] = []
    for (let after: string | null = ''; after !== null; ) {
      const page: HttpResponse = await handler(
        request(`limit=1000${after === '' ? '' : `&after=${encodeURIComponent(after)}`}`),
        ADMIN,
      )
      pages.push(page)
      after = bodyOf(page).next
    }
    return pages
  }

  const kinds: readonly (readonly [string, string])[] = [
    ['of three bytes a letter', '評'.repeat(250_000)],
    ['of quotes and backslashes', '"\\'.repeat(120_000)],
    ['of control characters', '\u0001\n'.repeat(70_000)],
  ]
  for (const [what, text] of kinds)
    it(`are given in pages that can be delivered, each once: ${what}`, async () => {
      const pages = await all(Array.from({ length: 12 }, () => text))
      for (const page of pages) expect(bytesOf(page)).toBeLessThanOrEqual(LAMBDA_ANSWER)
      expect(pages.length).toBeGreaterThan(1)
      const events = pages.flatMap(page => bodyOf(page).events)
      expect(events.map(({ id }: { id: string }) => id)).toEqual(
        Array.from({ length: 12 }, (_, i) => `c-${i}`),
      )
      expect(
        events.every(({ event }: { event: { data: { text: string } } }) => event.data.text === text),
      ).toBe(true)
    })

  it('are told of without their text where that fits no answer by itself, and the others come after', async () => {
    const pages = await all(['small', '"'.repeat(2_000_000), 'small'])
    for (const page of pages) expect(bytesOf(page)).toBeLessThanOrEqual(LAMBDA_ANSWER)
    const events = pages.flatMap(page => bodyOf(page).events)
    expect(events.map(({ event }) => event?.id ?? null)).toEqual(['c-0', null, 'c-2'])
    expect(events[1]).toMatchObject({ id: 'c-1', eventBytes: expect.any(Number) })
  })
})

describe('rows of a metric that one answer cannot hold', () => {
  const metric = {
    id: 'o-1',
    name: 'opens',
    title: 'x',
    description: 'x',
    type: 'a.b',
    window: 'day',
    by: [],
    measures: [],
  }
  const rows = (count: number) =>
    Array.from({ length: count }, (_, i) => ({
      window: 'w',
      group: { path: `\\\\nas\\it\\eu\\q4\\in\\${i}` },
      values: { n: 1 },
    }))
  const ask = (count: number, longestAnswer?: number) =>
    metricsHandler({
      pipeline: { metrics: [metric] },
      queryMetric: async () => ({ metric: 'opens', window: 'day', rows: rows(count), provenance: {} }),
      ...(longestAnswer !== undefined && { longestAnswer }),
    } as never)(request('', { pathParameters: { name: 'opens' } }), ADMIN)

  it('are refused with what to ask for, by what Lambda delivers', async () => {
    // 5.4 MB, and 7 MB with their backslashes escaped once more.
    const refused = await ask(64_000)
    expect(refused.statusCode).toBe(413)
    expect(bodyOf(refused).detail).toMatch(/exceeds 6291556 bytes.*ask for less: from and to/)
    expect(bytesOf(await ask(30_000))).toBeLessThanOrEqual(LAMBDA_ANSWER)
  })

  it('are given whole where nothing bounds an answer', async () => {
    expect(bodyOf(await ask(64_000, Infinity)).rows).toHaveLength(64_000)
  })
})

describe('the answer to events that are stored', () => {
  const outcomeOf = (id: string, detail: string): IngestOutcome => ({
    ...{ accepted: 1, rounded: 0, retry: [], retryAfterSeconds: 0 },
    rejected: Array.from({ length: 10_000 }, (_, index) => ({ index, id, code: 'invalid_event', detail })),
  })
  const answerTo = (outcome: IngestOutcome) => {
    const events = outcome.rejected.map(({ id }) => ({ id }))
    const handler = ingestHandler({
      ...{ ingest: async () => outcome, report: () => undefined, pipeline: { sources: [] } },
    } as never)
    return handler(
      request('', {
        headers: { 'content-type': 'application/cloudevents-batch+json' },
        body: JSON.stringify(events),
      }),
      ADMIN,
    )
  }

  it('leaves out reasons, then ids, where it would not be delivered; positions and codes never', async () => {
    const long = await answerTo(outcomeOf('e-1', 'x'.repeat(700)))
    expect(bytesOf(long)).toBeLessThanOrEqual(LAMBDA_ANSWER)
    expect(bodyOf(long).rejected[9_999]).toMatchObject({
      index: 9_999,
      id: 'e-1',
      code: 'invalid_event',
      detail: expect.stringContaining('left out'),
    })
    const longer = await answerTo(outcomeOf('"'.repeat(350), 'x'))
    expect(bytesOf(longer)).toBeLessThanOrEqual(LAMBDA_ANSWER)
    expect(bodyOf(longer)).toMatchObject({ accepted: 1 })
    expect(bodyOf(longer).rejected[0]).toMatchObject({ index: 0, id: null, code: 'invalid_event' })
  })

  it('says what to send again by position, where the ids would be too much', async () => {
    const outcome = {
      ...outcomeOf('"'.repeat(350), 'x'),
      rejected: [],
      retry: Array.from({ length: 10_000 }, (_, i) => i),
    }
    const handler = ingestHandler({
      ...{ ingest: async () => outcome, report: () => undefined, pipeline: { sources: [] } },
    } as never)
    const events = Array.from({ length: 10_000 }, () => ({ id: '"'.repeat(350) }))
    const answer = await handler(
      request('', {
        headers: { 'content-type': 'application/cloudevents-batch+json' },
        body: JSON.stringify(events),
      }),
      ADMIN,
    )
    expect(answer.statusCode).toBe(503)
    expect(bytesOf(answer)).toBeLessThanOrEqual(LAMBDA_ANSWER)
    expect(bodyOf(answer).retry[9_999]).toEqual({ index: 9_999, id: null })
  })
})
