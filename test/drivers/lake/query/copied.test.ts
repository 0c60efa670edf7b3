import type { DuckDBConnection } from '@duckdb/node-api'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { QueryTable } from '../../../../core/statements/query-tables.ts'
import { limitedView } from '../../../../core/statements/visible-tables.ts'
import { openReader } from '../../../../drivers/lake/query/locked-engine.ts'
import { type Files, LIMITS, makeFiles } from './statements.ts'

/** Who may not see all rows of a table gets an engine that has no others: no SQL can find them. */
let files: Files
let engine: DuckDBConnection
beforeAll(async () => {
  files = await makeFiles()
  const columns = [{ name: 'a', type: 'bigint', description: '' }]
  const table = { ...files.table, columns } as unknown as QueryTable
  const sql = limitedView(files.table.sql, table, [{ column: 'b', texts: ['x7', "x'8", 'x9'] }])
  engine = await openReader([{ ...files.table, sql, isCopied: true }], LIMITS)
})
afterAll(() => files.remove())

const rows = async (sql: string) => (await engine.runAndReadAll(sql)).getRowsJson()

test('only its rows are there, and of them the columns that are shown', async () => {
  expect(await rows('FROM curated.trip ORDER BY a')).toEqual([['7'], ['9']])
  expect(await rows('SELECT count(*) FROM curated.trip WHERE a < 0 OR true')).toEqual([['2']])
  await expect(rows('SELECT b FROM curated.trip')).rejects.toThrow(/"b" not found/)
})

test.each([
  `FROM '${'$FILE'}'`,
  `FROM read_parquet('${'$FILE'}')`,
  `FROM parquet_metadata('${'$FILE'}')`,
  `FROM parquet_file_metadata('${'$FILE'}')`,
  `FROM read_blob('${'$FILE'}')`,
  `FROM glob('${'$FILE'}')`,
  `COPY curated.trip FROM '${'$FILE'}'`,
  `ATTACH '${'$FILE'}'`,
  "SET allowed_paths = ['/']",
  'SET enable_external_access = true',
  'RESET lock_configuration',
])('the very files of the table are closed: %s', async sql => {
  await expect(rows(sql.replace('$FILE', files.inside))).rejects.toThrow(
    /disabled|locked|cannot|Cannot|not allowed/,
  )
})

test('nothing that the engine tells of itself has another row', async () => {
  for (const of of [
    'duckdb_tables()',
    'duckdb_views()',
    'duckdb_columns()',
    'duckdb_constraints()',
    'duckdb_settings()',
  ])
    expect(JSON.stringify(await rows(`FROM ${of}`))).not.toMatch(/x7|x'8|inside\.parquet|666/)
})

test('a table that cannot be opened says nothing of the rows it has', async () => {
  const sql = `SELECT b::INTEGER AS a FROM (${files.table.sql})`
  const opening = openReader([{ ...files.table, sql, isCopied: true }], LIMITS)
  await expect(opening).rejects.toThrow(/^table curated\.trip cannot be opened$/)
})
