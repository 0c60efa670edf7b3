import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { kill } from 'node:process'
import type { DuckDBConnection } from '@duckdb/node-api'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { type Judge, openJudge, openReader } from '../../../../drivers/lake/query/locked-engine.ts'
import { createRun, endOf, type Files, LIMITS, makeFiles, processes } from './statements.ts'

/**
 * What somebody might type who wants more than to read the lake. Each way out is closed twice where that can
 * be: by the judgement of the statement, and by the lock of the engine.
 */
let files: Files
let folder: string
let locked: DuckDBConnection
let judge: Judge['judge']
let run: ReturnType<typeof createRun>
beforeAll(async () => {
  files = await makeFiles()
  folder = files.folder
  run = createRun(files)
  ;({ judge } = await openJudge())
  locked = await openReader([files.table], LIMITS)
})
afterAll(() => files.remove())

describe('statements that read', () => {
  test.each([
    'SELECT 1',
    'FROM curated.trip',
    'WITH few AS (FROM curated.trip LIMIT 3) SELECT b, sum(a) OVER (ORDER BY b) FROM few',
    'DESCRIBE curated.trip',
    'SUMMARIZE curated.trip',
    'PIVOT curated.trip ON a IN (1, 2) USING count(*)',
    "SELECT [x * 2 for x in range(3)], '{\"a\":1}'::JSON ->> 'a', unnest([1, 2])",
    'FROM generate_series(1, 3) USING SAMPLE 2',
    'FROM information_schema.columns',
    'FROM duckdb_views()',
  ])('%s is judged to be one', async sql => {
    await expect(judge(sql)).resolves.toBeInstanceOf(Array)
    await expect(locked.runAndReadAll(sql)).resolves.toBeDefined()
  })

  test('name their tables, also within others', async () => {
    const tables = await judge(
      'SELECT (SELECT max(a) FROM raw.trip) FROM curated.trip WHERE a IN (SELECT x FROM metric."trips_hourly")',
    )
    expect(tables.map(({ schema, name }) => `${schema}.${name}`).sort()).toEqual([
      ...['curated.trip', 'metric.trips_hourly', 'raw.trip'],
    ])
  })
})

/** Statements that are none of reading; and functions that make rows of what is not of the lake. */
const REFUSED = [
  "COPY curated.trip TO '$FOLDER/out.csv'",
  "COPY (SELECT 1 AS a, 'x' AS b) TO '$INSIDE' (FORMAT parquet, USE_TMP_FILE false)",
  "EXPORT DATABASE '$FOLDER/all'",
  "IMPORT DATABASE '$FOLDER'",
  "ATTACH '$FOLDER/other.db'",
  'INSTALL httpfs',
  'LOAD httpfs',
  "LOAD '$FOLDER/evil.duckdb_extension'",
  'UPDATE EXTENSIONS',
  'SET enable_external_access = true',
  'RESET enable_external_access',
  "SET allowed_directories = ['/']",
  "SET memory_limit = '100GB'",
  'SET lock_configuration = false',
  "SET profiling_output = '$FOLDER/out.json'",
  'PRAGMA threads = 64',
  'PRAGMA enable_profiling',
  'PRAGMA database_list',
  'CREATE TABLE t AS SELECT 1',
  'CREATE MACRO f(x) AS TABLE FROM read_csv(x)',
  'CREATE SECRET s (TYPE s3)',
  'DROP VIEW curated.trip',
  'INSERT INTO curated.trip VALUES (1)',
  'UPDATE curated.trip SET a = 1',
  'DELETE FROM curated.trip',
  'VACUUM',
  'CHECKPOINT',
  'BEGIN',
  'USE system',
  'EXPLAIN ANALYZE SELECT 1',
  'SET VARIABLE x = 1',
  "PREPARE p AS COPY (SELECT 1) TO '$FOLDER/out.csv'",
  'CALL duckdb_tables()',
  "SELECT 1; COPY (SELECT 1) TO '$FOLDER/out.csv'",
  'SELECT 1; SELECT 2',
  '',
  '-- nothing',
  'SELEC 1',
  "FROM read_csv('/etc/passwd')",
  "FROM read_text('$FOLDER/secret.csv')",
  "FROM read_blob('/proc/self/environ')",
  "FROM read_parquet('$OUTSIDE')",
  "FROM parquet_scan('$OUTSIDE')",
  "FROM parquet_metadata('$OUTSIDE')",
  "FROM parquet_schema('$OUTSIDE')",
  "FROM read_json('/etc/os-release')",
  "FROM sniff_csv('$FOLDER/secret.csv')",
  "FROM read_duckdb('$FOLDER/other.db')",
  "FROM glob('/etc/*')",
  "FROM READ_CSV('/etc/passwd')",
  "FROM system.main.read_csv('/etc/passwd')",
  'FROM "read_csv"(\'/etc/passwd\')',
  "SELECT (SELECT content FROM read_text('/etc/passwd'))",
  "SELECT * FROM curated.trip, LATERAL (FROM glob('/*'))",
  "WITH x AS (FROM read_csv('/etc/passwd')) FROM x",
  "FROM curated.trip WHERE EXISTS (FROM glob('/etc/*'))",
  "FROM query('FROM read_csv(''/etc/passwd'')')",
  "FROM query_table('/etc/passwd')",
  "FROM json_execute_serialized_sql(json_serialize_sql('FROM curated.trip'))",
  "FROM enable_logging(storage = 'file', storage_path = '$INSIDE')",
  "FROM enable_profiling(save_location = '$INSIDE')",
  'FROM disable_logging()',
  'FROM truncate_duckdb_logs()',
  'FROM checkpoint()',
  'FROM duckdb_secrets()',
  "FROM which_secret('s3://x', 's3')",
  'FROM duckdb_settings()',
  "SELECT write_log('x')",
] as const

const filled = (sql: string) =>
  sql.replaceAll('$FOLDER', folder).replaceAll('$INSIDE', files.inside).replaceAll('$OUTSIDE', files.outside)

describe('statements that do more than to read', () => {
  test.each(REFUSED)('%s is refused before it is run', async sql => {
    await expect(judge(filled(sql))).rejects.toMatchObject({ code: 'bad_request' })
  })

  test('are refused by the locked engine too, but for those against which the judgement alone stands', async () => {
    const before = await snapshot()
    // Those of logging and profiling end the process that they are run in; others change nothing, or are
    // wherever one may read.
    const alone =
      /enable_logging|enable_profiling|disable_logging|truncate_duckdb|checkpoint|write_log|USE_TMP/i
    const harmless =
      /^(PRAGMA database_list|PRAGMA enable_profiling|CREATE (TABLE|MACRO)|DROP VIEW|VACUUM|CHECKPOINT|BEGIN|USE|EXPLAIN|SET VARIABLE|CALL|SELECT 1; SELECT 2|-- nothing|FROM duckdb_settings|FROM json_execute.*curated)|^$/
    const passed: string[] = []
    for (const sql of REFUSED.filter(one => !alone.test(one) && !harmless.test(one))) {
      const end = await locked.runAndReadAll(filled(sql)).then(
        () => 'run',
        () => 'refused',
      )
      if (end === 'run') passed.push(sql)
    }
    expect(passed).toEqual([])
    expect(await snapshot()).toEqual(before)
  })

  test('by a path in place of a table reach no file that is not of the tables named', async () => {
    for (const sql of [
      `FROM '${files.outside}'`,
      "FROM '/etc/passwd'",
      `FROM '${folder}/x/../outside.parquet'`,
      `FROM '${files.inside}/../outside.parquet'`,
      `FROM 'file://${files.outside}'`,
      "FROM 'https://127.0.0.1/x.parquet'",
      "FROM 's3://bucket/x.parquet'",
      `FROM '${folder}/*.parquet'`,
    ])
      expect([sql, await endOf(locked.runAndReadAll(sql).then(r => r.getRows()))]).not.toEqual([
        sql,
        'an answer',
      ])
  })
})

describe('a statement in its process', () => {
  test('gives rows with their types, and knows nothing of the environment', async () => {
    const found = await run('SELECT a, b, a / 2 AS half, 12.50 AS price FROM curated.trip ORDER BY a LIMIT 2')
    expect(found.columns).toEqual([
      ...[
        { name: 'a', type: 'BIGINT' },
        { name: 'b', type: 'VARCHAR' },
      ],
      ...[
        { name: 'half', type: 'DOUBLE' },
        { name: 'price', type: 'DECIMAL(4,2)' },
      ],
    ])
    expect([JSON.parse(found.json!), found.isWhole]).toEqual([
      [
        ['0', 'x0', 0, '12.50'],
        ['1', 'x1', 0.5, '12.50'],
      ],
      true,
    ])
    expect(await endOf(run("SELECT getenv('PATH')"))).toBe('bad_request')
  })

  test('is cut at the most rows, and says so; a file is refused instead', async () => {
    const found = await run('FROM curated.trip')
    expect([found.rows, found.isWhole]).toEqual([5000, false])
    expect(await endOf(run('FROM curated.trip', { format: 'csv' }))).toBe('too_large')
  })

  test('is cut at the most bytes', async () => {
    const found = await run("SELECT repeat('x', 300000) FROM range(100)")
    expect([found.rows < 5, found.isWhole]).toEqual([true, false])
  })

  test('gives a file that is gone from the disk', async () => {
    const csv = await run('SELECT a, b FROM curated.trip ORDER BY a LIMIT 2', { format: 'csv' })
    expect(csv.file!.toString()).toBe('a,b\n0,x0\n1,x1\n')
    const parquet = await run("SELECT {'x': a} AS s, now() AS t FROM curated.trip LIMIT 2", {
      format: 'parquet',
    })
    expect(parquet.file!.subarray(0, 4).toString()).toBe('PAR1')
    expect((await readdir(folder)).filter(name => name.startsWith('query-'))).toEqual([])
  })

  test('ends when it takes too long, or is cancelled, with its process', async () => {
    const bomb = 'SELECT count(*) FROM range(100000000) AS a, range(100000000) AS b'
    const start = performance.now()
    expect(await endOf(run(bomb, { timeMs: 700 }))).toBe('too_large')
    const cancel = new AbortController()
    setTimeout(() => cancel.abort(), 500)
    expect(await endOf(run(bomb, { signal: cancel.signal }))).toBe('conflict')
    expect(await endOf(run(bomb, { signal: AbortSignal.abort() }))).toBe('conflict')
    expect(performance.now() - start).toBeLessThan(5000)
    expect(await processes()).toEqual([])
  })

  test.each([
    ['a group of everything', 'SELECT list(a) FROM range(1000000000) AS r(a)'],
    [
      'texts that double',
      "WITH RECURSIVE t AS (SELECT 'x' AS s UNION ALL SELECT s || s FROM t) SELECT max(s) FROM t",
    ],
  ])('that wants more memory than it may have is refused: %s', async (_, sql) => {
    expect(await endOf(run(sql))).toBe('too_large')
  })

  test('whose engine dies is refused, and takes nothing with it', async () => {
    const ended = endOf(run('SELECT count(*) FROM range(100000000) AS a, range(100000000) AS b'))
    const [process] = await vi.waitFor(async () => {
      const found = await processes()
      expect(found).toHaveLength(1)
      return found
    }, 5000)
    kill(process!, 'SIGABRT')
    expect(await ended).toBe('bad_request')
    expect((await run('SELECT 1 AS one')).rows).toBe(1)
  })
})

/** Names, sizes and bytes of everything in the folder. */
async function snapshot() {
  const names = (await readdir(folder)).sort()
  return Promise.all(
    names.map(async name => {
      const path = join(folder, name)
      return [name, (await stat(path)).size, (await readFile(path)).toString('base64').slice(0, 1000)]
    }),
  )
}
