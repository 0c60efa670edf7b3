import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { compilePipeline } from '../../../core/declare/pipeline.ts'
import { duckdbDialect } from '../../../core/sql/duckdb/duckdb.ts'
import { typedRows } from '../../../core/sql/refine.ts'

/** As many as a row of the warehouse's tables has room for, nearly. */
const FIELDS = 950
const EVENTS = 3000
const TYPES = [{ type: 'integer' }, { type: 'boolean' }]

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tributary-wide-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

test('unchecked events of a contract of 950 fields are read within 1 GB', async () => {
  const names = Array.from({ length: FIELDS }, (_, i) => `f${i}`)
  const properties = Object.fromEntries(names.map((name, i) => [name, TYPES[i % TYPES.length]!]))
  const data = { type: 'object', properties, required: ['f0'] }
  const { latest } = compilePipeline({
    contracts: [
      { file: 'wide.ts', declaration: { type: 'com.example.wide', version: 1, partitionBy: ['f0'], data } },
    ],
    ...{ metrics: [], schedules: [] },
  })
  const lines = Array.from({ length: EVENTS }, (_, n) =>
    JSON.stringify({
      ...{
        tbreceipt: `${1_793_491_200_000 + n}-bench0-0000000-000`,
        tbtime: 1_793_491_200_000,
        tbpartition: 0,
      },
      ...{ id: `e${n}`, source: '/wide', data: Object.fromEntries(names.map((name, i) => [name, n + i])) },
    }),
  )
  await writeFile(join(folder, 'wide.ndjson'), lines.join('\n'))
  const instance = await DuckDBInstance.create(':memory:', { memory_limit: '1GB', threads: '2' })
  const connection = await instance.connect()
  try {
    const raw = { kind: 'raw', type: 'com.example.wide', epoch: 0, parts: ['wide.ndjson'] } as const
    const helpers = { presence: [], texts: [] }
    const rows = typedRows(duckdbDialect(folder), latest.get('com.example.wide')!, helpers, raw, true)
    await connection.run(`CREATE TEMP TABLE fresh AS ${rows.sql}`)
    const counts = await connection.runAndReadAll(
      'SELECT count(*), count(f0), count(f948), count(f1), min(unread) FROM fresh',
    )
    expect(counts.getRowsJson()).toEqual([['3000', '3000', '3000', '0', 'f1']])
  } finally {
    connection.closeSync()
    instance.closeSync()
  }
}, 120_000)
