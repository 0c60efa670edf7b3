import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openLmdbAlerts } from '../../drivers/alerts/lmdb.ts'
import { openAlerts } from '../../steps/alerts/alerts.ts'
import { FOLDER, startPlatform } from '../local/test-platform.ts'
import { BEGIN, pipelineOf, queryTrips } from '../steps/alerts/alert-life.ts'

const MINUTE = 60_000
const JSON_BODY = { 'content-type': 'application/json' }

let folder: string
let platform: Awaited<ReturnType<typeof startPlatform>>
let store: ReturnType<typeof openLmdbAlerts>
let now = BEGIN
let applied = 0
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'alerts-api-'))
  store = openLmdbAlerts(folder)
  const pipeline = await pipelineOf(FOLDER)
  const alerts = await openAlerts({
    ...{ pipeline, store, platform: 'test', now: () => now, queryMetric: queryTrips },
    acknowledged: () => applied,
    hasApplied: position => position < 5,
    report: () => undefined,
    notify: async () => ({ kind: 'failed', detail: 'it answered 503', isRefused: false }),
    settingProblem: destination => (destination.kind === 'slack' ? 'ALERT_SLACK is not set' : undefined),
  })
  await alerts.judge()
  for (let minute = 1; minute <= 30; minute++) {
    now = BEGIN + minute * MINUTE + 10_000
    await alerts.judge()
  }
  await alerts.deliver()
  // From here on the views are behind what was acknowledged.
  applied = 5
  now += MINUTE
  await alerts.judge()
  platform = await startPlatform({}, { alerts, pipeline, now: () => now })
})
afterAll(async () => {
  await platform.close()
  await store.close()
  await rm(folder, { recursive: true })
})

const get = async (path: string, key = 'r') => {
  const answer = await platform.call('GET', path, key)
  return { status: answer.status, body: (await answer.json()) as Record<string, never> }
}
const post = async (path: string, body: object | undefined, key = 'a') => {
  const text = body === undefined ? undefined : JSON.stringify(body)
  const answer = await platform.call('POST', path, key, text, JSON_BODY)
  return { status: answer.status, body: (await answer.json()) as Record<string, never> }
}

test('each alert is listed as it stands, with what keeps it from judging and from telling', async () => {
  const { alerts } = (await get('/v1/alerts')).body as unknown as { alerts: Record<string, unknown>[] }
  expect(alerts.map(({ name }) => name)).toEqual(['jump', 'many', 'none', 'silent'])
  expect(alerts[1]).toMatchObject({
    ...{ state: 'ok', condition: 'reports above 50', for: 2, judgedThrough: '2026-01-05T00:30:00Z' },
    waitsFor: expect.stringContaining('do not have everything yet that was acknowledged'),
    silence: null,
  })
  expect(alerts[1]!['to']).toEqual(
    [
      { id: 'webhook:ALERT_HOOK', waiting: 6, problem: expect.anything() },
      { id: 'slack:ALERT_SLACK', waiting: 6, problem: 'ALERT_SLACK is not set' },
      { id: 'webhook:ALERT_DEAD', waiting: 6, problem: expect.anything() },
    ].map(one => ({ ...one, waiting: expect.any(Number) })),
  )
})

test('the history is read page by page, the newest first', async () => {
  const all = (await get('/v1/alerts/many/history?limit=1000')).body as unknown as {
    entries: object[]
    next: null
  }
  expect(all.next).toBe(null)
  const paged: object[] = []
  let before = ''
  for (let next: unknown = 0; next !== null; ) {
    const page = (await get(`/v1/alerts/many/history?limit=2${before}`)).body as unknown as {
      entries: object[]
      next: number | null
    }
    paged.push(...page.entries)
    next = page.next
    before = `&before=${page.next}`
  }
  expect(paged).toEqual(all.entries)
  expect(all.entries.at(-1)).toMatchObject({ number: 0, kind: 'begun' })
})

describe('a silence', () => {
  test('has who, why and until when, is ended, and both are audited', async () => {
    const silent = await post('/v1/alerts/many/silence', { for: '2h', why: 'a drill' })
    expect(silent).toMatchObject({
      status: 200,
      body: { silence: { why: 'a drill', until: '2026-01-05T02:31:10Z' } },
    })
    expect((await post('/v1/alerts/many/unsilence', undefined)).body).toMatchObject({ silence: null })
    const { entries } = (await get('/v1/alerts/many/history?limit=2')).body as unknown as {
      entries: { kind: string }[]
    }
    expect(entries.map(({ kind }) => kind)).toEqual(['unsilenced', 'silenced'])
    expect(platform.audit.map(({ path }) => path)).toEqual([
      '/v1/alerts/many/silence',
      '/v1/alerts/many/unsilence',
    ])
  })

  test('that is over is none', async () => {
    await post('/v1/alerts/none/silence', { until: new Date(now + MINUTE).toISOString(), why: 'short' })
    now += MINUTE
    const { alerts } = (await get('/v1/alerts')).body as unknown as { alerts: Record<string, unknown>[] }
    expect(alerts[2]).toMatchObject({ name: 'none', silence: null })
  })

  test.each([
    [{ for: '2h' }, 400, /"why" must say why/],
    [{ why: 'x' }, 400, /one of "for", such as "2h", and "until"/],
    [{ for: '2h', until: '2026-01-05', why: 'x' }, 400, /one of "for"/],
    [{ for: 'long', why: 'x' }, 400, /"for" must be a duration/],
    [{ for: '31d', why: 'x' }, 400, /within 30 days/],
    [{ until: '2025-01-01', why: 'x' }, 400, /ends in the future/],
    [{ for: '2h', why: 'x', alert: 'y' }, 400, /"alert" is not known/],
  ])('%j is refused', async (body, status, detail) => {
    const answer = await post('/v1/alerts/many/silence', body)
    expect([answer.status, String(answer.body['detail'])]).toEqual([status, expect.stringMatching(detail)])
  })

  test('is of an alert that there is, and an admin’s', async () => {
    expect((await post('/v1/alerts/other/silence', { for: '2h', why: 'x' })).status).toBe(404)
    expect((await get('/v1/alerts/other/history')).status).toBe(404)
    expect((await post('/v1/alerts/many/silence', { for: '2h', why: 'x' }, 'r')).status).toBe(403)
  })
})

test('keys that are limited to types or rows see no alerts, and of dashboards what they may read', async () => {
  for (const key of ['types', 'rows'])
    expect([key, (await get('/v1/alerts', key)).status]).toEqual([key, 403])
  const dashboards = async (key: string) =>
    (await get('/v1/dashboards', key)).body as unknown as { dashboards: { charts: object[] }[] }
  expect((await dashboards('r')).dashboards[0]!.charts.length).toBe(4)
  // The sample's dashboard is of boards and trips, which this key may not read.
  expect((await dashboards('types')).dashboards[0]!.charts.length).toBe(0)
})
