import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pino from 'pino'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ContractDeclaration } from '../../core/declare/contract.ts'
import type { MetricDeclaration } from '../../core/declare/metric.ts'
import { type Platform, startPlatform } from '../../local/platform.ts'
import { readSettings } from '../../local/settings.ts'
import { freePort, removeFolder, rowsOf, temporaryFolder } from '../drivers/warehouse/server.ts'
import { expectedPartials, judge } from '../oracle.ts'
import { BATCH } from './test-platform.ts'

/** One platform whose declarations change while events of the older ones are in every layer. */

const TYPE = 'com.example.sale'
const contract = (properties: object, more: Partial<ContractDeclaration>): ContractDeclaration => {
  const data = { type: 'object', required: ['shop'], properties: { shop: { type: 'string' }, ...properties } }
  return { type: TYPE, version: 1, partitionBy: ['shop'], ...more, data: data as ContractDeclaration['data'] }
}
const older = contract({ amount: { type: 'integer' } }, {})
const newer = contract(
  { amount: { type: 'number' }, channel: { type: ['string', 'null'] } },
  { scale: 2, version: 2 },
)
const narrower = contract({ amount: { type: 'string' } }, { version: 3 })
const visit: ContractDeclaration = { ...contract({}, {}), type: 'com.example.visit' }

const metric = (name: string, more: Partial<MetricDeclaration>): MetricDeclaration => ({
  ...{ name, type: TYPE, window: 'day', measures: { n: { kind: 'count' } } },
  ...more,
})
const measures = {
  n: { kind: 'count' },
  total: { kind: 'sum', field: 'amount' },
  most: { kind: 'max', field: 'amount' },
  values: { kind: 'distinct', field: 'amount' },
  p50: { kind: 'quantile', field: 'amount', q: 0.5 },
} as const
const metrics = [
  metric('sales_daily', { by: ['shop'], measures }),
  metric('sales_by_amount', { by: ['amount'], where: { amount: { gte: 2 } } }),
]
const byChannel = metric('sales_by_channel', { by: ['channel'], measures })

let data: string
let port: number
let platform: Platform
const sent: { json: string; epoch: number; partition: number }[] = []

beforeAll(async () => {
  data = await temporaryFolder()
  port = await freePort()
})
afterAll(async () => {
  await platform?.close()
  await removeFolder(data)
})

async function start(contracts: readonly ContractDeclaration[], declared: readonly MetricDeclaration[]) {
  const pipeline = join(data, `pipeline-${contracts.map(({ version }) => version).join('-')}`)
  for (const kind of ['contracts', 'metrics', 'schedules'])
    await mkdir(join(pipeline, kind), { recursive: true })
  const module = (value: object) => `export default ${JSON.stringify(value)}\n`
  for (const [i, one] of contracts.entries())
    await writeFile(join(pipeline, 'contracts', `${i}.json`), JSON.stringify(one))
  for (const one of declared) await writeFile(join(pipeline, 'metrics', `${one.name}.ts`), module(one))
  const schedule = { name: 'batch', machine: 'batch', when: 'epoch-close' }
  await writeFile(join(pipeline, 'schedules', 'batch.ts'), module(schedule))
  const settings = readSettings({
    ...{ PORT: '0', TRIBUTARY_DATA: join(data, 'data'), TRIBUTARY_KEYS: 'admin:k', TRIBUTARY_EPOCH: '2s' },
    ...{
      TRIBUTARY_PIPELINE: pipeline,
      TRIBUTARY_WAREHOUSE_PORT: String(port),
      TRIBUTARY_DEDUPE_HORIZON: '1d',
    },
  })
  platform = await startPlatform(settings, pino({ level: 'silent' }), error => {
    throw error
  })
  await platform.ready
}

async function call<T>(path: string, body?: unknown, type = 'application/json'): Promise<T> {
  const headers = { authorization: 'Bearer k', 'content-type': type }
  const post = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }
  const response = await fetch(platform.url + path, { headers, ...post })
  return (await response.json()) as T
}

/** Every event once more than once now and then: a copy is counted under either declaration, or neither. */
async function send(type: string, all: readonly object[], copies: readonly object[] = []): Promise<void> {
  const events = all.map((one, i) => ({
    ...{ specversion: '1.0', id: `${sent.length + i}`, source: '/test', type, time: '2026-01-31T12:00:00Z' },
    data: one,
  }))
  sent.push(...events.map(event => ({ json: JSON.stringify(event), epoch: 0, partition: 0 })))
  const again = copies.map(copy => JSON.parse(JSON.stringify(copy)) as object)
  const answer = await call('/v1/events', [...events, ...again], BATCH['content-type'])
  expect(answer).toMatchObject({ accepted: events.length + again.length, rejected: [] })
}

type Answer = {
  readonly rows: readonly { readonly group: object; readonly values: object }[]
  readonly provenance: { readonly boundary: string | null; readonly held?: unknown }
}

const byGroup = (a: { group: object }, b: { group: object }) =>
  JSON.stringify(a.group) < JSON.stringify(b.group) ? -1 : 1

const expected = (declared: MetricDeclaration) =>
  expectedPartials(judge(sent, { horizon: 10, epochLength: 2000 }), declared, [newer])
    .map(({ group, values }) => ({ group: JSON.parse(group) as object, values }))
    .sort(byGroup)

/** Waits until a layer answers what the reference does. */
async function exact(declared: readonly MetricDeclaration[], layer: 'merged' | 'batch'): Promise<void> {
  for (const one of declared) {
    let rows: unknown
    for (let tries = 0; tries < 150; tries++) {
      const answer = await call<Answer>(`/v1/metrics/${one.name}?layer=${layer}`)
      expect(answer.provenance.held).toBeUndefined()
      rows = answer.rows.map(({ group, values }) => ({ group, values })).sort(byGroup)
      if (JSON.stringify(rows) === JSON.stringify(expected(one))) break
      await sleep(100)
    }
    expect(rows, `${one.name} ${layer}`).toEqual(expected(one))
  }
}

async function inDatabase(sql: string) {
  const password = (await readFile(join(data, 'data', 'warehouse-password'), 'utf8')).trim()
  return rowsOf(`postgres://tributary:${password}@127.0.0.1:${port}/tributary`, sql)
}

/** Waits until the warehouse, which catches up by itself, holds these rows. */
async function inWarehouse(sql: string, rows: readonly object[]): Promise<void> {
  let found: unknown
  for (let tries = 0; tries < 150; tries++) {
    found = await inDatabase(sql).catch(error => error)
    if (JSON.stringify(found) === JSON.stringify(rows)) return
    await sleep(100)
  }
  expect(found).toEqual(rows)
}

const loaded = async () => {
  const events = 'select count(*)::int as n, sum(amount)::text as total, max(amount)::text as most from sale'
  await inWarehouse(events, [{ n: 8, total: '25.51', most: '7.00' }])
  await inWarehouse('select shop, n::int, total::text from sales_daily order by shop', [
    { shop: 'a', n: 4, total: '15.50' },
    { shop: 'b', n: 4, total: '10.01' },
  ])
}

const backfilled = async () => {
  const range = { from: '2020-01-01T00:00:00Z', to: new Date(Date.now() + 1000).toISOString() }
  const { id } = await call<{ id: string }>('/v1/runs', { machine: 'backfill', input: range })
  let run = { status: 'running' }
  for (; run.status === 'running'; await sleep(100)) run = await call(`/v1/runs/${id}`)
  return run
}

test('a platform that goes on under wider declarations has one history in every layer', async () => {
  await start([older, visit], metrics)
  await inWarehouse('select * from sales_daily', [])
  await send(TYPE, [{ shop: 'a', amount: 5 }, { shop: 'a', amount: 1 }, { shop: 'b' }])
  await exact(metrics, 'batch')
  await send(visit.type, [{ shop: 'a' }])
  sent.pop()
  // These wait in the log, and in the open epoch, while declarations change.
  await send(TYPE, [
    { shop: 'a', amount: 7 },
    { shop: 'b', amount: 5, channel: 'web' },
  ])
  await platform.close()

  await start([older, newer], [...metrics, byChannel])
  const now = [
    { shop: 'a', amount: 2.5, channel: 'app' },
    { shop: 'b', amount: 5, channel: null },
    { shop: 'b', amount: 0.01 },
  ]
  await send(TYPE, now, [JSON.parse(sent[0]!.json)])
  for (const layer of ['batch', 'merged'] as const) await exact([...metrics, byChannel], layer)
  await loaded()
  expect(await backfilled()).toMatchObject({ status: 'succeeded' })
  await exact([...metrics, byChannel], 'batch')
  await loaded()

  await platform.close()
  await expect(start([narrower], [])).rejects.toThrow('field "amount" was number and is string')
  await start([newer], metrics)
  await exact(metrics, 'merged')
}, 120_000)
