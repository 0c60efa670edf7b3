import { AthenaClient } from '@aws-sdk/client-athena'
import { afterEach, describe, expect, test } from 'vitest'
import type { LakeRow } from '../../../core/ports/lake.ts'
import { type AthenaSettings, athenaSession } from '../../../drivers/lake/athena.ts'
import { type Answer, type Call, type JsonServer, startJsonServer } from './json-server.ts'

const ID = '11111111-2222-3333-4444-555555555555'

let server: JsonServer
afterEach(() => server.close())

async function sessionOn(
  answer: (call: Call, count: number) => Answer,
  settings: Partial<AthenaSettings> = {},
) {
  server = await startJsonServer(answer)
  return athenaSession({
    client: new AthenaClient(server.settings),
    workgroup: 'tributary-test',
    database: 'lake',
    bucket: 'lake-bucket',
    objects: { list: async () => [], remove: async () => {} },
    pollMs: [5, 20],
    ...settings,
  })
}

const execution = (State: string, more: object = {}) => ({
  QueryExecution: { QueryExecutionId: ID, StatementType: 'DML', Status: { State, ...more } },
})
const column = (Name: string, Type: string, more: object = {}) => ({ Name, Type, ...more })
const data = (...values: (string | null)[]) => ({
  Data: values.map(value => (value === null ? {} : { VarCharValue: value })),
})
const page = (columns: readonly object[], rows: readonly object[], NextToken?: string) => ({
  ResultSet: { Rows: rows, ResultSetMetadata: { ColumnInfo: columns } },
  NextToken,
})

/** A query that succeeds at the given look and gives pages in turn. */
const succeeding =
  (pages: readonly object[], looks = 1) =>
  ({ operation, input }: Call, count: number): Answer => {
    if (operation === 'StartQueryExecution') return { QueryExecutionId: ID }
    if (operation === 'GetQueryExecution') return execution(count < looks ? 'RUNNING' : 'SUCCEEDED')
    return pages[Number(input['NextToken'] ?? 0)] ?? {}
  }

/** A query that ends in the way given. */
const ending =
  (State: string, more: object) =>
  ({ operation }: Call): Answer =>
    operation === 'StartQueryExecution' ? { QueryExecutionId: ID } : execution(State, more)

describe('a session on Athena', () => {
  test('runs a query in its workgroup and database, and waits for its end', async () => {
    const session = await sessionOn(succeeding([], 4))
    await session.execute('SELECT 1')
    expect(server.operations()).toEqual(['StartQueryExecution', ...Array(4).fill('GetQueryExecution')])
    expect(server.calls[0]!.input).toMatchObject({
      QueryString: 'SELECT 1',
      WorkGroup: 'tributary-test',
      QueryExecutionContext: { Database: 'lake' },
      ClientRequestToken: expect.stringMatching(/^.{32,128}$/),
    })
  })

  test('gives rows with typed values, without the header', async () => {
    const columns = [
      column('t', 'varchar'),
      column('i', 'integer'),
      column('b', 'bigint'),
      column('d', 'double'),
      column('x', 'decimal', { Precision: 18, Scale: 2 }),
      column('y', 'decimal', { Precision: 38, Scale: 0 }),
      column('f', 'boolean'),
      column('z', 'timestamp'),
    ]
    const header = data('t', 'i', 'b', 'd', 'x', 'y', 'f', 'z')
    const session = await sessionOn(
      succeeding([
        page(columns, [
          header,
          data('', '-1', '9223372036854775807', '1.0E-7', '12.50', '7', 'true', '2026-01-01 00:00:00.000'),
          data(null, null, null, 'NaN', null, null, 'false', null),
        ]),
      ]),
    )
    expect(await session.rows('SELECT …')).toEqual([
      {
        t: '',
        i: -1,
        b: 9223372036854775807n,
        d: 1e-7,
        x: '12.50',
        y: 7n,
        f: true,
        z: '2026-01-01 00:00:00.000',
      },
      { t: null, i: null, b: null, d: Number.NaN, x: null, y: null, f: false, z: null },
    ])
  })

  test('streams the pages of a result one by one, and can be left early', async () => {
    const columns = [column('n', 'integer')]
    const session = await sessionOn(
      succeeding([
        page(columns, [data('n'), data('1'), data('2')], '1'),
        page(columns, [data('3')], '2'),
        page(columns, [data('4')]),
      ]),
    )
    const chunks: (readonly LakeRow[])[] = []
    for await (const rows of session.stream('SELECT n')) chunks.push(rows)
    expect(chunks).toEqual([[{ n: 1 }, { n: 2 }], [{ n: 3 }], [{ n: 4 }]])
    for await (const rows of session.stream('SELECT n')) {
      expect(rows).toHaveLength(2)
      break
    }
    expect(server.operations().filter(name => name === 'GetQueryResults')).toHaveLength(4)
  })

  test('writes Parquet under a path of its own, and removes what lay there before', async () => {
    const removed: string[] = []
    let list: readonly { key: string; bytes: number; etag: string; writtenAt: number }[] = []
    const answers = succeeding([page([column('n', 'bigint')], [data('n'), data('3')])])
    const session = await sessionOn(
      call => {
        const sql = String(call.input['QueryString'] ?? '')
        const to = /TO 's3:\/\/lake-bucket\/([^']+)'/.exec(sql)?.[1]
        const object = (key: string, bytes: number) => ({ key, bytes, etag: 'e', writtenAt: 0 })
        if (to !== undefined)
          list = [object('staged/a/old', 9), object(`${to}0_a.parquet`, 10), object(`${to}1_b.parquet`, 20)]
        return answers(call, 1)
      },
      { objects: { list: async () => list, remove: async keys => void removed.push(...keys) } },
    )
    expect(await session.write('SELECT n FROM t', 'staged/a', 'parquet')).toEqual({ rows: 3, bytes: 30 })
    expect(server.calls[0]!.input['QueryString']).toMatch(
      /^UNLOAD \(SELECT n FROM t\) TO 's3:\/\/lake-bucket\/staged\/a\/[0-9a-f-]{36}\/' WITH \(format = 'PARQUET', compression = 'ZSTD'\)$/,
    )
    expect(removed).toEqual(['staged/a/old'])
    await expect(session.write('SELECT 1', 'exports/a.csv', 'csv')).rejects.toMatchObject({
      name: 'internal',
    })
  })

  test('starts one query however often the start has to be repeated', async () => {
    const session = await sessionOn((call, count) => {
      if (call.operation === 'StartQueryExecution' && count === 1)
        return { fault: 'TooManyRequestsException' }
      if (call.operation === 'StartQueryExecution' && count === 2) return 'lost'
      return succeeding([])(call, count)
    })
    await session.execute('SELECT 1')
    const tokens = server.calls
      .filter(call => call.operation === 'StartQueryExecution')
      .map(call => call.input['ClientRequestToken'])
    expect(tokens).toHaveLength(3)
    expect(new Set(tokens).size).toBe(1)
  })

  test('goes on looking and reading where Athena throttles, fails for a moment or loses the connection', async () => {
    const answers = succeeding([page([column('n', 'integer')], [data('n'), data('1')])], 4)
    const session = await sessionOn((call, count) => {
      if (call.operation === 'GetQueryExecution' && count === 1) return { fault: 'ThrottlingException' }
      if (call.operation === 'GetQueryExecution' && count === 2) return 'lost'
      if (call.operation === 'GetQueryResults' && count === 1)
        return { fault: 'InternalServerException', status: 500 }
      return answers(call, count)
    })
    expect(await session.rows('SELECT n')).toEqual([{ n: 1 }])
    expect(server.operations()).not.toContain('StopQueryExecution')
  })

  test('stops a query that takes too long, and says so', async () => {
    const session = await sessionOn(
      ({ operation }) =>
        operation === 'StartQueryExecution' ? { QueryExecutionId: ID } : execution('RUNNING'),
      { queryTimeoutMs: 150 },
    )
    await expect(session.execute('SELECT 1')).rejects.toMatchObject({ name: 'timeout', retryable: true })
    expect(server.calls.at(-1)).toEqual({ operation: 'StopQueryExecution', input: { QueryExecutionId: ID } })
  })

  test('stops a query before the function that waits for it is ended', async () => {
    const end = performance.now() + 5_300
    const session = await sessionOn(
      ({ operation }) =>
        operation === 'StartQueryExecution' ? { QueryExecutionId: ID } : execution('QUEUED'),
      { remainingMs: () => end - performance.now() },
    )
    await expect(session.execute('SELECT 1')).rejects.toMatchObject({ name: 'timeout' })
    expect(server.operations().at(-1)).toBe('StopQueryExecution')
    expect(end - performance.now()).toBeGreaterThan(4_000)
  })

  test('reports the time-out also where the query cannot be stopped', async () => {
    const session = await sessionOn(
      ({ operation }) => {
        if (operation === 'StartQueryExecution') return { QueryExecutionId: ID }
        return operation === 'StopQueryExecution'
          ? { fault: 'InvalidRequestException' }
          : execution('RUNNING')
      },
      { queryTimeoutMs: 100 },
    )
    await expect(session.execute('SELECT 1')).rejects.toMatchObject({ name: 'timeout' })
  })

  const failures: readonly (readonly [string, string, object, string])[] = [
    [
      'SQL that is wrong',
      'FAILED',
      { StateChangeReason: "SYNTAX_ERROR: line 1:8: Column 'x' …" },
      'internal',
    ],
    ['the cap on bytes', 'CANCELLED', { StateChangeReason: 'Bytes scanned limit was exceeded' }, 'too_large'],
    [
      'exhausted resources',
      'FAILED',
      { AthenaError: { ErrorCategory: 2, ErrorType: 3, ErrorMessage: 'no' } },
      'too_large',
    ],
    [
      'memory of a node',
      'FAILED',
      { StateChangeReason: 'EXCEEDED_LOCAL_MEMORY_LIMIT: Query exceeded' },
      'too_large',
    ],
    ['the engine’s own time-out', 'FAILED', { AthenaError: { ErrorCategory: 1, ErrorType: 206 } }, 'timeout'],
    [
      'data that does not convert',
      'FAILED',
      { StateChangeReason: 'INVALID_CAST_ARGUMENT: Cannot cast' },
      'corrupt_data',
    ],
    [
      'S3 slowing down',
      'FAILED',
      { StateChangeReason: 'Amazon S3; Slow Down (Status Code: 503)' },
      'overloaded',
    ],
    [
      'a missing permission',
      'FAILED',
      { StateChangeReason: 'PERMISSION_DENIED: Access Denied' },
      'storage_failed',
    ],
    [
      'an internal failure',
      'FAILED',
      { AthenaError: { ErrorCategory: 1, ErrorType: 200, Retryable: true } },
      'unavailable',
    ],
    ['someone’s cancelling', 'CANCELLED', { StateChangeReason: 'Query cancelled by user' }, 'internal'],
  ]
  test.each(failures)('names %s', async (_, state, status, code) => {
    const session = await sessionOn(ending(state, status))
    await expect(session.execute('SELECT x')).rejects.toMatchObject({ name: code })
  })

  test('names a start that is refused for what it is', async () => {
    const session = await sessionOn(() => ({ fault: 'InvalidRequestException' }))
    await expect(session.execute('SELEC')).rejects.toMatchObject({ name: 'internal', retryable: false })
    expect(server.calls).toHaveLength(1)
    await expect(session.execute(`SELECT '${'x'.repeat(262_144)}'`)).rejects.toMatchObject({
      name: 'too_large',
    })
  })
})
