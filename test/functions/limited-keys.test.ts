import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ROUTES } from '../../functions/table.ts'
import { BATCH, flight, type Platform, startPlatform } from '../local/test-platform.ts'

let platform: Platform
beforeAll(async () => {
  platform = await startPlatform()
})
afterAll(() => platform.close())

const get = async (path: string, key: string) => {
  const answer = await platform.call('GET', path, key)
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> }
}
const post = async (key: string, events: readonly unknown[]) => {
  const answer = await platform.call('POST', '/v1/events', key, JSON.stringify(events), BATCH)
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> }
}
const namesOf = (body: Record<string, unknown>, list: string, member: string) =>
  (body[list] as Record<string, unknown>[]).map(one => one[member])

describe('a key limited to types', () => {
  test('sends events of these, and others are rejected one by one, whatever else is wrong with them', async () => {
    expect((await post('types', [flight('t1')])).status).toBe(202)
    const { status, body } = await post('others', [flight('t2'), flight('t3', { data: {} }), 7])
    expect(status).toBe(422)
    const detail = 'key of-others may not send com.tributary.flight; it sends com.example.*'
    expect(body['rejected']).toMatchObject([
      { index: 0, id: 't2', code: 'type_not_allowed', detail },
      { index: 1, id: 't3', code: 'type_not_allowed', detail },
      { index: 2, code: 'not_an_event' },
    ])
    expect(platform.events().map(event => (event as { id: string }).id)).toEqual(['t1'])
  })

  test('sends no more by a replay: what it may not send stays kept', async () => {
    const { events } = await platform.rejected.list({ limit: 100 })
    const kept = events.filter(one => one.code === 'type_not_allowed')
    expect(kept.map(one => JSON.parse(one.event).id)).toEqual(['t2', 't3'])
    const replay = await platform.call('POST', '/v1/rejected/replay', 'a')
    expect(await replay.json()).toMatchObject({ replayed: 0, stillRejected: 3 })
    expect(platform.events()).toHaveLength(1)
  })

  test('reads contracts and metrics of these, and is shown no others', async () => {
    const metrics = namesOf((await get('/v1/metrics', 'types')).body, 'metrics', 'type')
    expect(new Set(metrics)).toEqual(new Set(['com.tributary.flight']))
    const contracts = namesOf((await get('/v1/contracts', 'types')).body, 'contracts', 'type')
    expect(new Set(contracts)).toEqual(new Set(['com.tributary.flight']))
    expect((await get('/v1/metrics/flights_daily', 'types')).status).toBe(200)
    const refused = await get('/v1/metrics/trips_hourly', 'types')
    expect(refused.status).toBe(403)
    expect(refused.body['detail']).toMatch(/key of-types reads of com\.tributary\.flight/)
    expect((await get('/v1/contracts/com.tributary.trip/1', 'types')).status).toBe(403)
    expect((await get('/v1/metrics', 'others')).body).toEqual({ metrics: [] })
  })
})

describe('a key limited to rows', () => {
  test('has its rows forced into each query, with those asked for among them', async () => {
    await get('/v1/metrics/flights_daily', 'rows')
    expect(platform.queries.at(-1)?.where).toEqual({ origin: ['LAS', 'PHX'] })
    await get('/v1/metrics/flights_daily?by=&where.origin=PHX', 'rows')
    expect(platform.queries.at(-1)).toMatchObject({ by: [], where: { origin: ['PHX'] } })
    await get('/v1/metrics/routes_hourly?where.destination=JFK', 'rows')
    expect(platform.queries.at(-1)?.where).toEqual({ destination: ['JFK'], origin: ['LAS', 'PHX'] })
  })

  test('is told so where it asks for others, and of metrics whose rows cannot be told apart', async () => {
    const before = platform.queries.length
    const beyond = await get('/v1/metrics/flights_daily?where.origin=PHX&where.origin=JFK', 'rows')
    expect(beyond.body).toMatchObject({
      status: 403,
      detail: expect.stringContaining('origin of "LAS", "PHX" alone'),
    })
    const apart = await get('/v1/metrics/trips_hourly', 'rows')
    expect(apart.body).toMatchObject({
      status: 403,
      detail: expect.stringContaining('not grouped by origin'),
    })
    expect(platform.queries).toHaveLength(before)
    const shown = namesOf((await get('/v1/metrics', 'rows')).body, 'metrics', 'name')
    expect(shown).toEqual(['flights_daily', 'routes_hourly'])
  })
})

test.each(
  Object.entries(ROUTES)
    .filter(([, row]) => row.scope === 'read' && !('keepsTo' in row))
    .flatMap(([route]) => ['types', 'rows'].map(key => [route, key] as const)),
)('%s, which keeps to no limit, is refused to a key limited to %s', async (route, key) => {
  const [method = '', path = ''] = route.split(' ')
  const answer = await platform.call(method, path.replaceAll(/\{\w+\}/g, 'x'), key)
  expect(answer.status).toBe(403)
  expect(await answer.json()).toMatchObject({
    detail: expect.stringMatching(/alone, and this call shows others/),
  })
})

test('the parts of health are shown to who may read all', async () => {
  expect(Object.keys((await get('/v1/health', 'r')).body)).toContain('parts')
  for (const key of ['types', 'rows', 'ended', 'w'])
    expect((await get('/v1/health', key)).body).toEqual({ status: 'ok' })
})

test('a key that has expired is told so by name, in every call', async () => {
  const { status, body } = await post('ended', [flight('e1')])
  expect([status, body['detail']]).toEqual([401, 'key ended has expired; ask for a new one'])
  expect((await get('/v1/metrics', 'ended')).status).toBe(401)
})
