import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import type { LakeQuestion } from '../../steps/lake/ask-lake.ts'
import { type Platform, startPlatform } from '../local/test-platform.ts'

let platform: Platform
const asked: LakeQuestion[] = []
const cancelled: string[] = []
const SLOW = 'SELECT what takes long'
const ended = Promise.withResolvers<void>()
beforeAll(async () => {
  platform = await startPlatform(
    {},
    {
      askLake: {
        ask: async question => {
          asked.push(question)
          if (question.sql === SLOW) await ended.promise
          const file = question.format === 'json' ? undefined : Buffer.from(question.format)
          const columns = [{ name: 'a', type: 'BIGINT' }]
          return { columns, rows: 1, isWhole: false, json: file === undefined ? '[["7"]]' : undefined, file }
        },
        cancel: async id => {
          cancelled.push(id)
          ended.resolve()
          return id === 'admin/one'
        },
      },
    },
  )
})
afterAll(() => platform.close())

const post = (body: unknown, headers: Record<string, string> = {}, key = 'a') =>
  fetch(`${platform.url}/v1/lake/query`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  })

test('tables are listed with their columns, sensitive ones too', async () => {
  const answer = await platform.call('GET', '/v1/lake/tables', 'a')
  const { tables } = (await answer.json()) as {
    tables: { schema: string; name: string; columns: object[] }[]
  }
  const names = tables.map(({ schema, name }) => `${schema}.${name}`)
  expect(names).toEqual(expect.arrayContaining(['curated.trip', 'raw.trip', 'metric.trips_hourly']))
  const customer = tables.find(({ schema, name }) => schema === 'curated' && name === 'customer')!
  expect(customer.columns).toContainEqual(expect.objectContaining({ name: 'customer_email', type: 'text' }))
})

test('a statement is answered by rows, or by a file of the kind that is asked for', async () => {
  const rows = await post({ sql: 'SELECT 7 AS a', id: 'mine' })
  expect(await rows.json()).toEqual({
    ...{ rows: [['7']], columns: [{ name: 'a', type: 'BIGINT' }], isWhole: false, ms: expect.any(Number) },
  })
  expect(asked.at(-1)).toEqual({
    ...{ sql: 'SELECT 7 AS a', id: 'admin/mine', format: 'json' },
    access: { name: 'admin', isAdmin: true },
  })
  const csv = await post({ sql: 'SELECT 7' }, { accept: 'text/csv' })
  expect([csv.headers.get('content-type'), await csv.text()]).toEqual(['text/csv; charset=utf-8', 'csv'])
  const parquet = await post({ sql: 'SELECT 7' }, { accept: 'application/vnd.apache.parquet, */*;q=0.1' })
  expect([parquet.headers.get('content-type'), await parquet.text()]).toEqual([
    ...['application/vnd.apache.parquet', 'parquet'],
  ])
})

test('a caller who goes away ends the statement, and one who waits for the answer does not', async () => {
  await (await post({ sql: 'SELECT 7', id: 'waited' })).text()
  const gone = new AbortController()
  const answer = fetch(`${platform.url}/v1/lake/query`, {
    ...{ method: 'POST', body: JSON.stringify({ sql: SLOW, id: 'left' }), signal: gone.signal },
    headers: { authorization: 'Bearer a', 'content-type': 'application/json' },
  })
  await vi.waitUntil(() => asked.at(-1)?.sql === SLOW)
  gone.abort()
  await expect(answer).rejects.toThrow()
  await ended.promise
  expect(cancelled).toEqual(['admin/left'])
})

test.each([
  [{}, '"sql" must be text'],
  [{ sql: '' }, '"sql" must be text'],
  [{ sql: 7 }, '"sql" must be text'],
  [{ sql: 'x'.repeat(100_001) }, 'at most 100000 characters'],
  [{ sql: 'SELECT 1', id: 'a/b' }, '"id" must be'],
  [{ sql: 'SELECT 1', limit: 7 }, '"limit" is not known'],
])('%j is refused', async (body, detail) => {
  const answer = await post(body)
  expect([answer.status, await answer.json()]).toMatchObject([
    400,
    { detail: expect.stringContaining(detail) },
  ])
})

test('whoever may read sees the tables of that, without masked columns and raw lines, and cancels its own', async () => {
  const tablesOf = async (key: string) => {
    const answer = await platform.call('GET', '/v1/lake/tables', key)
    return (
      (await answer.json()) as { tables: { schema: string; name: string; columns: { name: string }[] }[] }
    ).tables
  }
  const names = async (key: string) => (await tablesOf(key)).map(({ schema, name }) => `${schema}.${name}`)
  expect(await names('types')).toEqual(['curated.flight', 'metric.flights_daily', 'metric.routes_hourly'])
  expect(await names('rows')).toEqual(['curated.flight', 'metric.flights_daily', 'metric.routes_hourly'])
  const all = await tablesOf('r')
  expect(all.map(one => one.schema)).not.toContain('raw')
  const customer = all.find(({ schema, name }) => schema === 'curated' && name === 'customer')
  expect(customer?.columns.map(({ name }) => name)).not.toContain('customer_email')
  await post({ sql: 'SELECT 1', id: 'mine' }, {}, 'rows')
  expect(asked.at(-1)).toMatchObject({ id: 'of-rows/mine', access: { where: { origin: ['LAS', 'PHX'] } } })
  expect((await platform.call('DELETE', '/v1/lake/queries/one', 'rows')).status).toBe(404)
  for (const path of ['/v1/lake/tables', '/v1/metrics'])
    expect((await platform.call('GET', path, 'w')).status).toBe(403)
})

test('a statement is cancelled by its id', async () => {
  const [one, other] = await Promise.all(
    ['one', 'other'].map(id => platform.call('DELETE', `/v1/lake/queries/${id}`, 'a')),
  )
  expect([one!.status, await one!.json(), other!.status]).toEqual([200, { cancelled: true }, 404])
})

test('what was asked, and by whom, is kept', () => {
  const kept = platform.audit.find(({ route }) => route === 'POST /v1/lake/query')!
  expect(kept).toMatchObject({ key: 'admin', input: expect.stringContaining('SELECT 7 AS a') })
})
