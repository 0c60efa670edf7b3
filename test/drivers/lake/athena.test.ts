import {
  AthenaClient,
  GetQueryExecutionCommand,
  type GetQueryResultsCommand,
  StartQueryExecutionCommand,
  StopQueryExecutionCommand,
} from '@aws-sdk/client-athena'
import { expect, test } from 'vitest'
import type { Relation } from '../../../core/lake/relation.ts'
import { query } from '../../../core/sql/query.ts'
import { type AthenaSettings, openAthenaEngine } from '../../../drivers/lake/athena/athena.ts'
import { queryFailed } from '../../../drivers/lake/athena/errors.ts'
import { resultsOf, runQuery } from '../../../drivers/lake/athena/queries.ts'
import { createTable, foldersRead, readable, tableNames } from '../../../drivers/lake/athena/tables.ts'

/** How the driver goes about its queries, with a client in Athena's place; test/engines/athena has Trino. */

type Status = { readonly State: string; readonly StateChangeReason?: string }
type Answers = {
  /** How a query goes, by its number and how often it was looked at. */
  readonly status?: (query: number, look: number) => Status
  readonly fails?: (call: string) => Error | undefined
  readonly pages?: readonly (readonly string[])[]
}

function athena({ status, fails, pages = [] }: Answers = {}) {
  const started: string[] = []
  const tokens: string[] = []
  const stopped: string[] = []
  const looks = new Map<string, number>()
  const send = async (command: unknown) => {
    const failure = fails?.((command as object).constructor.name)
    if (failure !== undefined) throw failure
    if (command instanceof StartQueryExecutionCommand) {
      tokens.push(command.input.ClientRequestToken!)
      started.push(command.input.QueryString!)
      return { QueryExecutionId: `q${started.length - 1}` }
    }
    if (command instanceof GetQueryExecutionCommand) {
      const id = command.input.QueryExecutionId!
      looks.set(id, (looks.get(id) ?? 0) + 1)
      const Status = status?.(Number(id.slice(1)), looks.get(id)!) ?? { State: 'SUCCEEDED' }
      return { QueryExecution: { Status } }
    }
    if (command instanceof StopQueryExecutionCommand) {
      stopped.push(command.input.QueryExecutionId!)
      return {}
    }
    const { NextToken = '0' } = (command as GetQueryResultsCommand).input
    const rows = pages[Number(NextToken)] ?? []
    return {
      ResultSet: { Rows: rows.map(VarCharValue => ({ Data: [{ VarCharValue }] })) },
      ...(Number(NextToken) + 1 < pages.length && { NextToken: String(Number(NextToken) + 1) }),
    }
  }
  const client = Object.assign(new AthenaClient({ region: 'eu-central-1' }), { send }) as AthenaClient
  return { client, started, tokens, stopped, workgroup: 'w', database: 'd' }
}

const never = new AbortController().signal

test('a query is looked at until it has succeeded', async () => {
  const here = athena({ status: (_, look) => ({ State: look < 3 ? 'RUNNING' : 'SUCCEEDED' }) })
  expect(await runQuery(here, 'SELECT 1', never)).toBe('q0')
  expect(here.stopped).toEqual([])
})

test.each([
  ['INVALID_CAST_ARGUMENT: Cannot cast Ada to BIGINT', 'corrupt_data', false],
  ['Query exhausted resources at this scale factor', 'too_large', false],
  ['SYNTAX_ERROR: line 1:8: mismatched input', 'internal', false],
  ['Access Denied (Service: Amazon S3)', 'storage_failed', true],
  ['GENERIC_INTERNAL_ERROR: nobody knows', 'unavailable', true],
])('a query that fails with %s is an error that names it, and no value', async (reason, code, retryable) => {
  const here = athena({ status: () => ({ State: 'FAILED', StateChangeReason: reason }) })
  const failure = await runQuery(here, 'SELECT 1', never).catch((error: unknown) => error)
  expect(failure).toMatchObject({
    code,
    retryable,
    message: expect.stringContaining('Athena query q0 failed'),
  })
  expect(String(failure)).not.toContain('Ada')
  expect(queryFailed('q', {}).code).toBe('unavailable')
})

test('a query that somebody has ended can be tried again', async () => {
  const here = athena({ status: () => ({ State: 'CANCELLED' }) })
  await expect(runQuery(here, 'SELECT 1', never)).rejects.toMatchObject({
    ...{ code: 'unavailable', retryable: true },
    message: 'Athena query q0 was cancelled',
  })
})

test('a query that takes too long is stopped', async () => {
  const here = athena({ status: () => ({ State: 'RUNNING' }) })
  await expect(runQuery({ ...here, timeoutMs: 30 }, 'SELECT 1', never)).rejects.toMatchObject({
    ...{ code: 'timeout', message: expect.stringContaining('q0 took over 30 ms') },
  })
  expect(here.stopped).toEqual(['q0'])
})

test('a call that fails for now is made again, of a query under its first token', async () => {
  let failures = 2
  const throttled = Object.assign(new Error('slow down'), { name: 'TooManyRequestsException' })
  const here = athena({ fails: () => (failures-- > 0 ? throttled : undefined) })
  expect(await runQuery(here, 'SELECT 1', never)).toBe('q0')
  expect(here.tokens).toHaveLength(1)
})

test('all pages of a result are read, without the names of its columns', async () => {
  const here = athena({ pages: [['file', 'a', 'b'], ['c', 'd', 'e'], ['f']] })
  expect(await resultsOf(here, 'q0')).toEqual(['a', 'b', 'c', 'd', 'e', 'f'].map(each => [each]))
})

test('a query that Athena would not take is not sent', async () => {
  const here = athena()
  await expect(runQuery(here, 'x'.repeat(262_145), never)).rejects.toMatchObject({ code: 'too_large' })
  expect(here.started).toEqual([])
})

function engineOf(answers: Answers, more: Partial<AthenaSettings> = {}) {
  const here = athena(answers)
  const removed: string[] = []
  const engine = openAthenaEngine({
    ...here,
    ...{ root: 's3://lake', aside: 'staged/athena', limits: { largestEpoch: 1e10 } },
    columnsOf: async () => [{ name: 'a', type: 'BIGINT' }],
    hold: async () => () => {},
    remove: async folder => void removed.push(folder),
    ...more,
  })
  return { ...here, engine, removed }
}

const CURATED: Relation = { kind: 'curated', type: 't', epoch: 0, parts: ['curated/t/1.parquet'] }

test('a run makes tables, unloads, lists the files, and leaves nothing', async () => {
  const { engine, started, removed } = engineOf({
    pages: [['file', 's3://lake/staged/x/0/f1', 's3://lake/f2']],
  })
  const rows = query`SELECT a FROM ${engine.dialect.scan([CURATED])} AS c`
  const results = await engine.run([rows], async files => files)
  expect(results).toEqual([[expect.stringMatching(/0\/f1$/), expect.stringMatching(/0\/f2$/)]])
  expect(started.map(sql => sql.slice(0, 16))).toEqual([
    ...['CREATE EXTERNAL ', 'UNLOAD (SELECT *', 'CREATE EXTERNAL ', 'SELECT DISTINCT '],
    ...['DROP TABLE IF EX', 'DROP TABLE IF EX'],
  ])
  expect(started[0]).toContain("(`a` bigint) STORED AS PARQUET LOCATION 's3://lake/curated/t/'")
  expect(started[1]).toContain(`IN ('1.parquet')`)
  expect(removed).toEqual([expect.stringMatching(/^staged\/athena\/./)])
})

test('what runs is stopped when the engine is closed, and nothing stays', async () => {
  const isUnload = (n: number) => n === 1
  const { engine, started, stopped, removed } = engineOf({
    status: n => ({ State: isUnload(n) ? 'RUNNING' : 'SUCCEEDED' }),
  })
  const rows = query`SELECT a FROM ${engine.dialect.scan([CURATED])} AS c`
  const ended = expect(engine.run([rows], async files => files)).rejects.toMatchObject({
    code: 'unavailable',
  })
  while (started.length < 2) await new Promise(done => setTimeout(done, 5))
  engine.close()
  await ended
  expect(stopped).toEqual(['q1'])
  expect(started.at(-1)).toContain('DROP TABLE IF EXISTS')
  expect(removed).toHaveLength(1)
})

test('columns that Athena has no name or type for are none of its tables’', () => {
  const columns = [
    ...[
      { name: 'a', type: 'DECIMAL(18,6)' },
      { name: 'event_hash', type: 'UBIGINT' },
    ],
    { name: 'a b', type: 'VARCHAR' },
  ]
  const table = { table: 't', format: 'parquet' } as const
  expect(createTable(table, 's3://l', readable(columns))).toContain('(`a` decimal(18,6)) STORED AS PARQUET')
  expect(() => openAthenaEngine({ root: "s3://it's" } as AthenaSettings)).toThrow('name it plainly')
})

test('a name that Athena does not take, and rows of an older declaration, are refused by what they are', () => {
  const { dialect } = engineOf({}).engine
  expect(() => dialect.identifier('odd "key"')).toThrow('odd "key"')
  const field = { column: 'a' } as never
  const recast = [{ field, from: { kind: 'number', scale: undefined } }] as const
  expect(() => dialect.scan([{ ...CURATED, recast }])).toThrow(/rows of t .*backfill/)
})

test('a folder that several statements read is one table with all that they read of it', () => {
  const names = tableNames('e')
  const reads = (part: string) => query`${{ sql: '', reads: [{ ...CURATED, parts: [part] }] }}`
  const found = foldersRead([reads('c/1'), reads('c/2'), reads('d/1')], names)
  expect(found.map(({ folder, relation }) => [folder, relation.parts])).toEqual([
    ['c', ['c/1', 'c/2']],
    ['d', ['d/1']],
  ])
})
