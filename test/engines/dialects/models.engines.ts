import { DuckDBInstance } from '@duckdb/node-api'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ScopeColumn } from '../../../core/models/compile-expression.ts'
import { type Columns, compileStatement, type Sources } from '../../../core/models/compile-statement.ts'
import { modelQuery, parseModel } from '../../../core/models/model.ts'
import { parseStatement } from '../../../core/models/parse-statement.ts'
import type { Dialect } from '../../../core/sql/dialect.ts'
import { duckdbDialect } from '../../../core/sql/duckdb/duckdb.ts'
import { postgresDialect } from '../../../core/sql/postgres/postgres.ts'
import { query } from '../../../core/sql/query.ts'
import { sparkDialect } from '../../../core/sql/spark/spark.ts'
import { postgresHarness } from '../../dialects/postgres-harness.ts'
import { orReason } from '../downloads.ts'
import { readersPython } from '../iceberg/engines.ts'
import { startSpark } from './spark-process.ts'

/** Rows as a statement of models' own SQL: no engine has to load them. */
const row = (id: number, seen: number, state: string | null, amount: string | null, isGone = false) =>
  `SELECT ${id} AS id, TIMESTAMP '2026-01-0${1 + (seen % 9)}T0${seen % 7}:15:00.250Z' AS seen, ` +
  `CAST(${state === null ? 'NULL' : `'${state}'`} AS TEXT) AS state, ` +
  `CAST(${amount ?? 'NULL'} AS DECIMAL(18, 2)) AS amount, ${isGone ? 'TRUE' : 'FALSE'} AS gone, '${String(seen).padStart(3, '0')}' AS receipt`
const OBSERVED = [
  ...[
    row(1, 0, 'a', '1.25'),
    row(1, 1, 'a', '-2.50'),
    row(1, 2, 'B', '0.01'),
    row(1, 3, null, null),
    row(1, 4, 'B', '10.00', true),
  ],
  ...[
    row(2, 5, 'ä', '3.33'),
    row(2, 6, 'z', '4.44'),
    row(2, 6, 'Z', '5.55').replace("'006'", "'016'"),
    row(3, 7, '', '6.66'),
    row(3, 8, '', null),
  ],
].join('\nUNION ALL\n')

const HISTORY = `-- kind: scd2
-- key: id
-- valid from: seen
-- latest by: receipt
-- deleted: gone
SELECT id, seen, state, gone, receipt FROM curated.observed`

const INSTANT = "TIMESTAMP '1970-01-01T00:00:00Z'"
const ms = (column: string) => `CAST(ms_between(${INSTANT}, ${column}) AS TEXT)`
const yes = (condition: string) => `CASE WHEN ${condition} THEN 'yes' WHEN NOT (${condition}) THEN 'no' END`

/** What each engine is to answer alike, as texts. */
const STATEMENTS: Readonly<Record<string, string>> = {
  'a history': `SELECT CAST(id AS TEXT) AS id, state, ${ms('valid_from')} AS a, ${ms('valid_to')} AS b, ${yes('is_current')} AS c FROM history`,
  'a lookup in a history': `SELECT o.receipt, h.state AS was, ${ms("date_trunc('day', o.seen + INTERVAL '90' MINUTE)")} AS day
    FROM curated.observed AS o LEFT JOIN history AS h ON h.id = o.id AND h.valid_from <= o.seen AND (h.valid_to IS NULL OR h.valid_to > o.seen)`,
  groups: `SELECT state, CAST(count(*) AS TEXT) AS n, CAST(count(DISTINCT id) AS TEXT) AS ids, CAST(sum(amount) AS TEXT) AS total,
    CAST(CAST(avg(amount) AS DECIMAL(18, 6)) AS TEXT) AS mean, CAST(sum(id) FILTER (WHERE amount > 1.5) AS TEXT) AS large,
    CAST(round(sum(amount) * 1.005, 2) AS TEXT) AS rounded FROM curated.observed GROUP BY state HAVING count(*) > 0`,
  windows: `SELECT receipt, state, CAST(row_number() OVER (PARTITION BY id ORDER BY state DESC, receipt) AS TEXT) AS n,
    CAST(sum(amount) OVER (PARTITION BY id ORDER BY receipt ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) AS TEXT) AS two,
    lag(state) OVER (ORDER BY receipt, state) AS before, CAST(dense_rank() OVER (ORDER BY state NULLS FIRST) AS TEXT) AS rank FROM curated.observed`,
  'texts and numbers': `SELECT receipt, state || '-' || CAST(id AS TEXT) AS joined, CAST(length(state) AS TEXT) AS long, md5(state) AS digest,
    substr(replace(receipt, '0', 'x'), 2, 2) AS part, ${yes("state < 'b'")} AS low, ${yes("state LIKE '%'")} AS alike,
    CAST(CAST(amount AS BIGINT) AS TEXT) AS whole, CAST(id % 2 AS TEXT) AS odd, CAST(abs(- amount - 1) AS TEXT) AS far,
    CAST(CAST(amount / (id - 1) AS DECIMAL(18, 4)) AS TEXT) AS share, coalesce(state, 'none') AS told FROM curated.observed`,
}

const column = (type: 'bigint' | 'text' | 'timestamp' | 'boolean') => ({ type: { type }, from: [] })
const OBSERVED_COLUMNS: Columns = new Map<string, ScopeColumn>([
  ['amount', { type: { type: 'decimal', precision: 18, scale: 2 }, from: [] }],
  ...([
    ['id', column('bigint')],
    ['seen', column('timestamp')],
    ['state', column('text')],
    ['gone', column('boolean')],
    ['receipt', column('text')],
  ] as const),
])
const HISTORY_COLUMNS: Columns = new Map([
  ...([
    ['id', column('bigint')],
    ['state', column('text')],
    ['valid_from', column('timestamp')],
    ['valid_to', column('timestamp')],
    ['is_current', column('boolean')],
  ] as const),
])

function written(dialect: Dialect, sql: string): string {
  const none: Sources = { columns: () => undefined, relation: () => query`` }
  const rows = compileStatement(parseStatement(OBSERVED, 'rows.sql'), {
    file: 'rows.sql',
    dialect,
    sources: none,
  })
  const sources: Sources = {
    columns: name => (name === 'history' ? HISTORY_COLUMNS : OBSERVED_COLUMNS),
    relation: name =>
      name === 'history' ? query`(${modelQuery(model, dialect, sources)})` : query`(${rows.query})`,
  }
  const model = parseModel('history.sql', { name: 'history', text: HISTORY })
  return compileStatement(parseStatement(sql, 'x.sql'), { file: 'x.sql', dialect, sources }).query.sql
}

type Engine = {
  readonly rows: (sql: string) => Promise<readonly Readonly<Record<string, unknown>>[]>
  readonly stop: () => Promise<void>
}
const sorted = (rows: readonly Readonly<Record<string, unknown>>[]) =>
  rows.map(each => JSON.stringify(Object.values(each))).sort()

let instance: DuckDBInstance
const reference = new Map<string, readonly string[]>()
beforeAll(async () => {
  instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  await connection.run("SET TimeZone = 'UTC'")
  for (const [name, sql] of Object.entries(STATEMENTS))
    reference.set(
      name,
      sorted((await connection.runAndReadAll(written(duckdbDialect(''), sql))).getRowObjectsJS()),
    )
  connection.closeSync()
})
afterAll(() => instance.closeSync())

const UTC = "SET timezone = 'UTC'"
const postgres = async (): Promise<Engine> => {
  const harness = await postgresHarness(
    postgresDialect(() => ''),
    [UTC],
  )
  return { rows: harness.rows, stop: harness.dispose }
}
const python = await orReason('Spark', async () => ({ path: await readersPython() }))

describe.each([
  ['PostgreSQL', postgresDialect(() => ''), postgres],
  [
    'Spark',
    sparkDialect(() => ''),
    async (): Promise<Engine> => startSpark('path' in python ? python.path : ''),
  ],
] as const)('%s answers models as DuckDB does', (_name, dialect, start) => {
  let engine: Engine
  beforeAll(async () => {
    engine = await start()
    for (const each of dialect.settings) await engine.rows(each)
    // Whoever opens Spark for models opens it in UTC, which its date_trunc cuts in.
    if (dialect.name === 'spark') await engine.rows("SET TIME ZONE 'UTC'")
  }, 250_000)
  afterAll(() => engine.stop())
  test.each(Object.entries(STATEMENTS))(
    '%s',
    async (name, sql) => {
      const answered = sorted(await engine.rows(written(dialect, sql)))
      expect(answered.length).toBeGreaterThan(2)
      expect(answered).toEqual(reference.get(name))
    },
    250_000,
  )
})
