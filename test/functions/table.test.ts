import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { served } from '../../functions/compose/served.ts'
import { type HttpEvent, json } from '../../functions/middleware/http.ts'
import { ruleOf } from '../../functions/middleware/http-function.ts'
import { ROUTES } from '../../functions/table.ts'
import { type Platform, startPlatform } from '../local/test-platform.ts'

let platform: Platform
beforeAll(async () => {
  platform = await startPlatform()
})
afterAll(() => platform.close())

type Row = (typeof ROUTES)[keyof typeof ROUTES]
const rows: readonly (readonly [string, Row])[] = Object.entries(ROUTES)
const KEYS = { write: 'w', read: 'r', admin: 'a' } as const
const isInPath = (row: Row) => 'keyAt' in row && row.keyAt === 'path'
const ofHeaders = rows.filter(([, row]) => !('isKeyInAddress' in row || isInPath(row)))

function call(key: string, secret: string | undefined, query = '') {
  const [method = '', path = ''] = key.split(' ')
  const address = path
    .replace('{name}', path.startsWith('/v1/alerts') ? 'fleet_hot' : 'flights_daily')
    .replaceAll(/\{\w+\}/g, 'x')
  return platform.call(method, address + query, secret)
}

describe.each(ofHeaders)('%s', (key, { scope }) => {
  test('asks for the scope of its row, and an admin has every scope', async () => {
    const other = scope === 'write' ? KEYS.read : KEYS.write
    expect((await call(key, undefined)).status === 401).toBe(scope !== undefined)
    expect((await call(key, other)).status === 403).toBe(scope !== undefined)
    for (const secret of [KEYS.admin, scope === undefined ? KEYS.read : KEYS[scope]])
      expect([401, 403]).not.toContain((await call(key, secret)).status)
  })

  test('refuses parameters that its row does not name, and says so only to those who may call it', async () => {
    const answer = await call(key, KEYS.admin, '?form=2026-01-01')
    expect([answer.status, await answer.json()]).toEqual([
      400,
      expect.objectContaining({ detail: expect.stringContaining('parameter "form" is not known') }),
    ])
    if (scope !== undefined) expect((await call(key, undefined, '?form=1')).status).toBe(401)
  })
})

describe.each(rows.filter(([, row]) => 'isKeyInAddress' in row))('%s', key => {
  const said = async (query: string, secret?: string) => {
    const answer = await call(key, secret, query)
    return [answer.status, ((await answer.json()) as { detail?: string }).detail]
  }

  test("takes a browser's key in its address, and no other one, nor any in a header", async () => {
    expect((await said('?key=b'))[0]).toBe(400)
    for (const other of ['w', 'r', 'a'])
      expect(await said(`?key=${other}`)).toEqual([403, expect.stringContaining('replace the key')])
    expect(await said('?key=x')).toEqual([401, expect.stringContaining('not known')])
    for (const secret of [undefined, 'b', 'a'])
      expect(await said('', secret)).toEqual([401, expect.stringContaining('?key=')])
    expect((await said('?key=b&key=b'))[0]).toBe(400)
    expect(await said('?key=b&form=1')).toEqual([
      400,
      expect.stringContaining('"form" is not known; use key'),
    ])
  })
})

test.each(rows.filter(([, row]) => 'query' in row && 'limit' in row.query))(
  '%s keeps its limit within what its row says',
  async (key, row) => {
    const { minimum, maximum } = (row as { query: { limit: { schema: object } } }).query.limit
      .schema as Readonly<Record<string, number>>
    const beside = 'metrics' in (row as { query: object }).query ? '&metrics=flights_daily' : ''
    const statusOf = async (limit: number) => (await call(key, KEYS.admin, `?limit=${limit}${beside}`)).status
    expect(await Promise.all([minimum!, maximum!].map(statusOf))).toEqual([200, 200])
    expect(await Promise.all([minimum! - 1, maximum! + 1].map(statusOf))).toEqual([400, 400])
  },
)

describe('a Lambda function behind routes', () => {
  const routes = ['GET /v1/runs', 'GET /v1/runs/{id}'] as const
  const handler = served(
    event => json(200, event.routeKey),
    Object.fromEntries(routes.map(key => [key, ruleOf(ROUTES[key])])),
  )
  const context = { getRemainingTimeInMillis: () => 10_000 } as Parameters<typeof handler>[1]
  const event = (routeKey: string, rawQueryString = '', scopes = 'read') =>
    ({
      ...{ routeKey, rawQueryString, headers: {}, isBase64Encoded: false },
      requestContext: { authorizer: { lambda: { scopes } } },
    }) as unknown as HttpEvent

  test('holds each of them to its own row', async () => {
    expect(await handler(event('GET /v1/runs', 'limit=3'), context)).toMatchObject({ statusCode: 200 })
    expect(await handler(event('GET /v1/runs/{id}', 'limit=3'), context)).toMatchObject({ statusCode: 400 })
    expect(await handler(event('GET /v1/runs', '', 'write'), context)).toMatchObject({ statusCode: 403 })
  })

  test('answers no route that is not its own', async () => {
    expect(await handler(event('POST /v1/runs'), context)).toMatchObject({ statusCode: 404 })
  })
})
