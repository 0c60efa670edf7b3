import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { TributaryError } from '../../core/errors.ts'
import { BATCH, flight, type Platform, startPlatform } from '../local/test-platform.ts'

let platform: Platform
beforeAll(async () => {
  platform = await startPlatform()
})
afterAll(() => platform.close())

const get = async (path: string, key: string | undefined = 'r') => {
  const answer = await platform.call('GET', path, key)
  return {
    status: answer.status,
    body: (await answer.json()) as Record<string, unknown>,
    headers: answer.headers,
  }
}

describe('metrics', () => {
  test('are listed with their groups and measures', async () => {
    const { body } = await get('/v1/metrics')
    const names = (body['metrics'] as unknown as { name: string }[]).map(one => one.name)
    expect(names).toContain('flights_daily')
  })

  test('a query string becomes a typed query', async () => {
    await get(
      '/v1/metrics/trips_hourly?from=2026-01-01&to=2026-01-02T00:00:00%2B01:00&window=day&by=&layer=batch&where.hoverboard_id=7',
    )
    expect(platform.queries.at(-1)).toEqual({
      name: 'trips_hourly',
      from: Date.UTC(2026, 0, 1),
      to: Date.UTC(2026, 0, 1, 23),
      window: 'day',
      by: [],
      where: { hoverboard_id: [7] },
      layer: 'batch',
    })
  })

  test('windows may be as long as a year, and those of a time zone', async () => {
    await get('/v1/metrics/trips_hourly?window=quarter&timezone=America/New_York')
    expect(platform.queries.at(-1)).toMatchObject({ window: 'quarter', timezone: 'America/New_York' })
  })

  test('a moment of the past is an instant, a date, or the id of a run, and of the batch layer alone', async () => {
    const run = '20261121T115500123Z-1f9a0c3e'
    const moments = {
      '2026-01-01': { instant: Date.UTC(2026, 0) },
      '2026-01-01T00:00:00+01:00': { instant: Date.UTC(2025, 11, 31, 23) },
      [run]: { run },
    }
    for (const [text, asOf] of Object.entries(moments)) {
      await get(`/v1/metrics/trips_hourly?asOf=${text}`)
      expect(platform.queries.at(-1)).toMatchObject({ asOf, layer: 'batch' })
    }
  })

  test('a plus that was not escaped is still the sign of an offset', async () => {
    await get('/v1/metrics/trips_hourly?from=2026-01-01T00:00:00+01:00')
    expect(platform.queries.at(-1)?.from).toBe(Date.UTC(2025, 11, 31, 23))
  })

  test('text stays text and booleans become booleans', async () => {
    await get('/v1/metrics/flights_daily?where.origin=123')
    expect(platform.queries.at(-1)?.where).toEqual({ origin: ['123'] })
    await get('/v1/metrics/fleet_minutely?where.is_docked=true')
    expect(platform.queries.at(-1)?.where).toEqual({ is_docked: [true] })
  })

  test('a field may have one of several values, rows an order and a limit', async () => {
    await get(
      '/v1/metrics/flights_daily?where.origin=LAS&where.origin=a,b&order=-flights,window,origin&limit=5',
    )
    expect(platform.queries.at(-1)).toMatchObject({
      where: { origin: ['LAS', 'a,b'] },
      order: [
        { by: { kind: 'values', name: 'flights' }, isDescending: true },
        { by: { kind: 'window' }, isDescending: false },
        { by: { kind: 'group', name: 'origin' }, isDescending: false },
      ],
      limit: 5,
    })
  })

  test('a range of no length is answered with no rows', async () => {
    await get('/v1/metrics/flights_daily?from=2026-01-01&to=2026-01-01')
    expect(platform.queries.at(-1)).toMatchObject({ from: Date.UTC(2026, 0, 1), to: Date.UTC(2026, 0, 1) })
  })

  test.each(['text/csv', 'text/csv;q=0.9, application/json', 'TEXT/CSV'])('as CSV for %s', async accept => {
    const answer = await platform.call('GET', '/v1/metrics/flights_daily', 'r', undefined, { accept })
    expect(answer.headers.get('content-type')).toBe('text/csv; charset=utf-8; header=present')
    expect(JSON.parse(answer.headers.get('tributary-provenance')!)).toMatchObject({ lagMs: 0 })
    expect(await answer.text()).toMatch(/^"window","origin","flights"/)
  })

  test('without parameters everything is as declared', async () => {
    await get('/v1/metrics/flights_daily')
    expect(platform.queries.at(-1)).toEqual({ name: 'flights_daily', where: {}, layer: 'merged' })
  })

  test.each([
    ['from=yesterday', 'from'],
    ['from=2026-02-30', 'from'],
    ['from=2026-01-02&to=2026-01-01', 'from'],
    ['window=hour', 'window'],
    ['window=decade', 'window'],
    ['timezone=Europe/Berlin&timezone=UTC', 'timezone'],
    ['by=destination', 'by'],
    ['layer=both', 'layer'],
    ['limit=0', 'limit'],
    ['asOf=', 'asOf'],
    ['asOf=../x', 'asOf'],
    ['asOf=2026-01-01&layer=merged', 'layer'],
    ['limit=200001', 'limit'],
    ['order=delay', 'order'],
    ['order=origin,', 'order'],
    ['order=', 'order'],
    ['order=origin&by=', 'order'],
    ['from=2026-01-01&from=2026-01-02', 'from'],
    ['where.delay=3', 'where.delay'],
  ])('flights_daily?%s is refused, naming %s', async (query, parameter) => {
    const { status, body } = await get(`/v1/metrics/flights_daily?${query}`)
    expect(status).toBe(400)
    expect(body['detail']).toContain(parameter)
  })

  test.each([
    [
      'flights_daily?where.zzz=1',
      '"where.zzz" names no field that flights_daily is grouped by; give where.origin',
    ],
    ['flights_daily?where.orign=LAS', 'did you mean where.origin?'],
    ['flights_daily?where.=1', '"where." names no field that flights_daily is grouped by; give where.origin'],
    ['customers_daily?where.country=de', 'leave it out: the metric has no groups'],
    ['flights_daily?by=zzz', 'parameter "by" cannot be "zzz"; give fields of origin'],
  ])('%s is refused with what would be right', async (query, remedy) => {
    const { status, body } = await get(`/v1/metrics/${query}`)
    expect([status, body['detail']]).toEqual([400, expect.stringContaining(remedy)])
  })

  test.each(['where.hoverboard_id=x', 'where.hoverboard_id=9007199254740993', 'where.hoverboard_id=1.5'])(
    'trips_hourly?%s is refused',
    async query => expect((await get(`/v1/metrics/trips_hourly?${query}`)).status).toBe(400),
  )

  test('a range that begins where it ends is asked for as it is', async () => {
    expect((await get('/v1/metrics/flights_daily?from=2026-01-01&to=2026-01-01')).status).toBe(200)
  })

  test('an unknown metric is not found', async () => {
    expect((await get('/v1/metrics/nothing')).status).toBe(404)
  })
})

describe('contracts', () => {
  test('are listed, and each leads to its schema', async () => {
    const { body } = await get('/v1/contracts')
    const one = (body['contracts'] as unknown as { type: string; schema: string }[]).find(c =>
      c.type.endsWith('flight'),
    )!
    const schema = await get(one.schema)
    expect(schema.headers.get('content-type')).toBe('application/schema+json')
    expect(schema.body).toMatchObject({ $id: one.schema, type: 'object', properties: { origin: {} } })
  })

  test('a version that does not exist is not found', async () => {
    expect((await get('/v1/contracts/com.tributary.flight/99')).status).toBe(404)
  })
})

describe('runs', () => {
  const start = (body: string, key = 'a') =>
    platform.call('POST', '/v1/runs', key, body, { 'content-type': 'application/json' })

  test('are started by an admin and read by a reader', async () => {
    const answer = await start('{"machine":"delivery","input":{"month":"2026-01"}}')
    expect(answer.status).toBe(202)
    const { id } = (await answer.json()) as { id: string }
    const { body } = await get(`/v1/runs/${id}`)
    expect(body).toMatchObject({
      machine: 'delivery',
      input: { month: '2026-01' },
      endedAt: '1970-01-01T00:00:01.500Z',
    })
    expect((await get('/v1/runs?limit=1')).body['runs']).toHaveLength(1)
  })

  test('are listed page by page, and a cursor that is none is refused', async () => {
    for (let i = 0; i < 3; i++) await start('{"machine":"batch"}')
    const all = (await get('/v1/runs')).body as { runs: { id: string }[]; next: null }
    expect([all.runs.length >= 3, all.next]).toEqual([true, null])
    const paged: unknown[] = []
    let next: unknown = ''
    while (next !== null) {
      const after = next === '' ? '' : `&after=${encodeURIComponent(String(next))}`
      const { body } = await get(`/v1/runs?limit=2${after}`)
      paged.push(...(body['runs'] as unknown[]))
      next = body['next']
    }
    expect(paged).toEqual(all.runs)
    for (const none of ['x', '1~', '~a', '1~a/b'])
      expect((await get(`/v1/runs?after=${none}`)).status).toBe(400)
  })

  test.each([
    ['{', 400],
    ['[]', 400],
    ['{}', 400],
    ['{"machine":"../etc"}', 400],
    ['{"machine":"batch","input":3}', 400],
    ['{"machine":"batch","inputs":{}}', 400],
  ])('%s is answered with %i', async (body, status) => expect((await start(body)).status).toBe(status))

  test.each([
    ['{"machine":"batch","input":{"accept":["trips_horly"]}}', 'did you mean trips_hourly?'],
    ['{"machine":"replay","input":{"from":"2026-01-01T00:00:00Z"}}', '"from"; it takes only'],
    ['{"machine":"backfill","input":{"last":"a week"}}', '"last"; it must be a duration'],
    ['{"machine":"backfill"}', 'give "from" and "to", or "last"'],
    [
      '{"machine":"batch","input":{"epoch":1}}',
      '"epoch"; it takes accept, acceptLoss, late, restate, restateFrom, scripts',
    ],
  ])('%s is refused, naming what the machine does not take and the remedy', async (body, remedy) => {
    const answer = await start(body)
    expect([answer.status, answer.headers.get('content-type')]).toEqual([400, 'application/problem+json'])
    expect(await answer.json()).toMatchObject({ detail: expect.stringContaining(remedy) })
  })

  test('a reader may not start one', async () =>
    expect((await start('{"machine":"batch"}', 'r')).status).toBe(403))
  test('a run that does not exist is not found', async () =>
    expect((await get('/v1/runs/x')).status).toBe(404))
})

describe('rejected events', () => {
  test('are listed for an admin only, and replayed once their contract takes them', async () => {
    const bad = JSON.stringify([flight('still-bad', { data: {} }), flight('also-bad', { time: 'noon' })])
    await platform.call('POST', '/v1/events', 'w', bad, BATCH)
    expect((await get('/v1/rejected')).status).toBe(403)
    const page = (await get('/v1/rejected?type=com.tributary.flight&limit=1', 'a')).body as unknown as {
      events: { event: { id: string }; replayed: boolean }[]
      next: string
    }
    expect(page.events[0]).toMatchObject({ event: { id: 'still-bad' }, replayed: false })
    const rest = await get(`/v1/rejected?after=${page.next}`, 'a')
    expect(rest.body).toMatchObject({ events: [{ id: 'also-bad' }], next: null })
    const replay = await platform.call('POST', '/v1/rejected/replay', 'a')
    expect(await replay.json()).toEqual({ replayed: 0, stillRejected: 2, refused: 0, next: null })
  })

  test.each(['9007199254740993', '1e400', '70368744177664.01', '-1e-400'])(
    'show %s as it was sent, and a replay rejects it again',
    async number => {
      const bad = JSON.stringify(flight(`n${number}`)).replace('"distance":', `"more":${number},"distance":`)
      await platform.call('POST', '/v1/events', 'w', bad, { 'content-type': 'application/cloudevents+json' })
      const text = await (await platform.call('GET', '/v1/rejected?limit=1000', 'a')).text()
      expect(text).toContain(`"more":${number},`)
      const replay = await platform.call('POST', '/v1/rejected/replay', 'a')
      expect(await replay.json()).toMatchObject({ replayed: 0 })
    },
  )

  test('a cursor that is none names no page', async () => {
    for (const path of ['/v1/rejected', '/v1/runs'])
      expect(await get(`${path}?after=../../etc/passwd`, 'a')).toMatchObject({
        status: 400,
        body: { code: 'bad_request', detail: expect.stringMatching(/give .next. of/) },
      })
  })
})

test('a run that has ended is not stopped, and one that there is not neither', async () => {
  const started = await platform.call('POST', '/v1/runs', 'a', '{"machine":"batch"}', {
    'content-type': 'application/json',
  })
  const { id } = (await started.json()) as { id: string }
  const stop = async (run: string) => {
    const answer = await platform.call('POST', `/v1/runs/${run}/stop`, 'a')
    return [answer.status, await answer.json()]
  }
  // Runs of this double have ended when they have begun.
  expect(await stop(id)).toEqual([409, expect.objectContaining({ code: 'conflict' })])
  expect(await stop('nobody')).toEqual([404, expect.objectContaining({ code: 'not_found' })])
})

describe('the platform itself', () => {
  test('health needs no key, and shows its parts to those who may read', async () => {
    for (const key of [undefined, 'w', 'unknown'])
      expect(await (await platform.call('GET', '/v1/health', key)).json()).toEqual({ status: 'ok' })
    for (const key of ['r', 'a'])
      expect((await get('/v1/health', key)).body).toMatchObject({
        status: 'ok',
        parts: { speed: { status: 'ok' } },
      })
  })

  test('health is 503 while starting', async () => {
    const starting = await startPlatform({}, { health: async () => ({ status: 'starting', parts: {} }) })
    expect((await starting.call('GET', '/v1/health')).status).toBe(503)
    await starting.close()
  })

  test('openapi needs no key', async () => {
    expect((await get('/openapi.json', undefined)).body['openapi']).toBe('3.1.0')
  })

  test('prometheus needs a key that may read', async () => {
    expect((await platform.call('GET', '/metrics')).status).toBe(401)
    expect(await (await platform.call('GET', '/metrics', 'r')).text()).toBe('up 1\n')
  })
})

describe('failures', () => {
  test('a retryable failure of storage lists every event to be sent again', async () => {
    const ingest = () =>
      Promise.reject(new TributaryError('storage_failed', 'the disk is full', { retryAfter: 9 }))
    const broken = await startPlatform({}, { ingest })
    const answer = await broken.call('POST', '/v1/events', 'w', JSON.stringify([flight('one')]), BATCH)
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '9'])
    expect(await answer.json()).toMatchObject({ accepted: 0, retry: [{ index: 0, id: 'one' }] })
    expect(broken.failures.map(one => one.code)).toEqual(['storage_failed'])
    await broken.close()
  })

  test('what an unexpected failure says stays in the log', async () => {
    const ingest = () => Promise.reject(new Error('password=hunter2'))
    const broken = await startPlatform({}, { ingest })
    const answer = await broken.call('POST', '/v1/events', 'w', '[]', BATCH)
    expect(answer.status).toBe(500)
    expect(await answer.text()).not.toContain('hunter2')
    expect(broken.failures[0]?.message).toContain('hunter2')
    await broken.close()
  })
})
