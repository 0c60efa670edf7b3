import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { DuckDBConnection, DuckDBInstance } from '@duckdb/node-api'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Metric } from '../../core/declare/metric-plan.ts'
import type { ShownRow } from '../../core/fold/row-order.ts'
import { numberText } from '../../core/json/json.ts'
import { openInstance } from '../../drivers/lake/duckdb/instance.ts'
import { createWriteParquet } from '../../drivers/lake/duckdb/parquet-file.ts'
import { createHandler, type MetricsDeps } from '../../functions/metrics.ts'
import type { HttpEvent, HttpResponse } from '../../functions/middleware/http.ts'
import type { MetricAnswer } from '../../steps/query-metric.ts'

const PARQUET = 'application/vnd.apache.parquet'
const READER = { name: 'reader', isAdmin: true } as const

const field = (name: string, kind: string, scale?: number) => ({ name, path: [name], kind, scale })
const measure = (name: string, column: object) => ({ name, measure: { kind: 'sum' }, result: { column } })
/** A field that is called as a column of every answer is, and two that differ in capitals alone. */
const metric = {
  ...{ name: 'takings', id: 'takings-1', type: 'com.example.order', window: 'hour' },
  by: [
    ...[field('shop', 'string'), field('Shop', 'integer'), field('at', 'instant'), field('open', 'boolean')],
    ...[field('rate', 'number', 3), field('angle', 'number'), field('window', 'string')],
  ],
  measures: [
    measure('orders', { type: 'bigint' }),
    measure('total', { type: 'decimal', scale: 4, precision: 38 }),
    measure('mean', { type: 'double' }),
  ],
} as unknown as Metric

const HOSTILE = `'); DROP TABLE x; -- "é\u0000\n🚲,`
const ROWS = [
  {
    window: '2026-11-28T06:00:00Z',
    group: {
      ...{ shop: HOSTILE, Shop: 9007199254740991, at: '2026-11-28T07:30:00.123456+02:00', open: true },
      ...{ rate: 0.1, angle: 0.1, window: '' },
    },
    values: { orders: 3, total: numberText('1234567890123456789012345678901234.5678'), mean: 0.1 },
  },
  // Null and missing.
  {
    window: '2026-11-28T07:00:00+00:00',
    group: { shop: '', Shop: null, open: false, rate: 1e-3, angle: 1e-7 },
    values: { orders: 0, total: null, mean: 1.7976931348623157e308 },
  },
] as unknown as readonly ShownRow[]

let folder: string
let engine: DuckDBInstance
let reader: DuckDBConnection
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tributary-parquet-'))
  engine = await openInstance({ memoryLimit: 200e6, threads: 1, spillFolder: folder })
  reader = await engine.connect()
})
afterAll(async () => {
  reader.closeSync()
  engine.closeSync()
  await rm(folder, { recursive: true })
})

async function ask(accept: string, rows = ROWS, deps: Partial<MetricsDeps> = {}): Promise<HttpResponse> {
  const answer: MetricAnswer = {
    ...{ metric: 'takings', window: 'hour', rows: [...rows] },
    provenance: { boundary: null, run: "it's", asOf: '2026-11-28T08:00:00Z', lagMs: 0 },
  } as never
  const handle = createHandler({
    pipeline: { metrics: [metric] } as never,
    queryMetric: async () => answer,
    longestAnswer: Infinity,
    ...deps,
  })
  const event = {
    ...{ routeKey: 'GET /v1/metrics/{name}', rawQueryString: '', pathParameters: { name: 'takings' } },
    headers: { accept },
  } as unknown as HttpEvent
  return (await handle(event, READER as never)) as HttpResponse
}

const written = (accept = PARQUET, rows = ROWS) =>
  ask(accept, rows, { writeTable: createWriteParquet(join(folder, 'scratch')) })

/** What DuckDB reads of an answer. */
async function readBack(answer: HttpResponse, sql: (file: string) => string) {
  const file = join(folder, 'answer.parquet')
  await writeFile(file, Buffer.from(answer.body!, 'base64'))
  return (await reader.runAndReadAll(sql(`'${file}'`))).getRowsJson()
}

describe('the answer of a metric as Parquet', () => {
  test('has a column a field and measure, of the types that they have, each with a name of its own', async () => {
    const answer = await written()
    expect([answer.statusCode, answer.headers!['content-type']]).toEqual([200, PARQUET])
    const columns = await readBack(answer, file => `DESCRIBE SELECT * FROM ${file}`)
    expect(columns.map(([name, type]) => [name, type])).toEqual([
      ...[
        ['window', 'TIMESTAMP WITH TIME ZONE'],
        ['shop', 'VARCHAR'],
        ['Shop_2', 'BIGINT'],
      ],
      ...[
        ['at', 'TIMESTAMP WITH TIME ZONE'],
        ['open', 'BOOLEAN'],
        ['rate', 'DECIMAL(18,3)'],
      ],
      ...[
        ['angle', 'DOUBLE'],
        ['window_2', 'VARCHAR'],
        ['orders', 'BIGINT'],
      ],
      ...[
        ['total', 'DECIMAL(38,4)'],
        ['mean', 'DOUBLE'],
      ],
    ])
  })

  test('has the values of the answer, in its order, all digits of a decimal among them', async () => {
    const rows = await readBack(
      await written(),
      file => `SELECT * REPLACE (total::VARCHAR AS total, rate::VARCHAR AS rate) FROM ${file}`,
    )
    expect(rows).toEqual([
      [
        ...['2026-11-28 06:00:00+00', HOSTILE, '9007199254740991', '2026-11-28 05:30:00.123456+00', true],
        ...['0.100', 0.1, '', '3', '1234567890123456789012345678901234.5678', 0.1],
      ],
      [
        ...['2026-11-28 07:00:00+00', '', null, null, false, '0.001', 1e-7, null],
        ...['0', null, 1.7976931348623157e308],
      ],
    ])
  })

  test('says in the file where its numbers come from', async () => {
    const answer = await written()
    const [[about]] = (await readBack(
      answer,
      file => `SELECT decode(value) FROM parquet_kv_metadata(${file}) WHERE decode(key) = 'tributary'`,
    )) as [[string]]
    const beside = JSON.parse(String(answer.headers!['tributary-provenance']))
    expect(JSON.parse(about)).toEqual({ metric: 'takings', window: 'hour', provenance: beside })
    expect(beside).toMatchObject({ run: "it's" })
  })

  test('may have no rows, and leaves nothing behind', async () => {
    const rows = await readBack(await written(PARQUET, []), file => `SELECT count(*) FROM ${file}`)
    expect(rows).toEqual([['0']])
    expect(await readdir(join(folder, 'scratch'))).toEqual([])
  })

  test('keeps the order of many rows', async () => {
    const many = Array.from({ length: 20_000 }, (_, i) => ({
      ...ROWS[1]!,
      values: { orders: (i * 7919) % 20_000, total: null, mean: null },
    }))
    const rows = await readBack(await written(PARQUET, many), file => `SELECT orders FROM ${file}`)
    expect(rows.map(([orders]) => Number(orders))).toEqual(many.map(({ values }) => values.orders))
  })
})

describe('the type of an answer', () => {
  test.each([
    [PARQUET, PARQUET],
    [`${PARQUET};q=0.9, text/csv`, PARQUET],
    [`text/csv, ${PARQUET}`, 'text/csv; charset=utf-8; header=present'],
    ['*/*', 'application/json'],
    ['image/png', 'application/json'],
  ])('for %s is %s', async (accept, type) => {
    expect((await written(accept)).headers!['content-type']).toBe(type)
  })

  test('is another for each tag', async () => {
    const tags = await Promise.all(
      ['application/json', 'text/csv', PARQUET].map(async type => (await written(type)).headers!['etag']),
    )
    expect(new Set(tags).size).toBe(3)
  })

  test('is refused where nothing writes it, before the question is asked, and what else is named is taken', async () => {
    await expect(ask(PARQUET)).rejects.toMatchObject({ code: 'not_acceptable', status: 406 })
    expect((await ask(`${PARQUET}, text/csv`)).headers!['content-type']).toMatch(/^text\/csv/)
    expect((await ask(`${PARQUET}, */*`)).headers!['content-type']).toBe('application/json')
  })
})
