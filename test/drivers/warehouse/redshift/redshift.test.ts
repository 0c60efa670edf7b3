import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { markedText } from '../../../../core/lake/csv.ts'
import type { WarehouseTable } from '../../../../core/lake/warehouse-table.ts'
import type { Loading, LoadJob, Warehouse } from '../../../../core/ports/warehouse.ts'
import type { EmbeddedPostgres } from '../../../../drivers/warehouse/embedded-postgres/embedded-postgres.ts'
import {
  createRedshiftWarehouse,
  type RedshiftSettings,
} from '../../../../drivers/warehouse/redshift/redshift.ts'
import {
  csvFile,
  EPOCH,
  event,
  eventTable,
  metricTable,
  type Row,
  run,
  settled,
  warehouseContract,
} from '../../../contracts/warehouse.ts'
import { openServer, removeFolder, rowsOf, temporaryFolder } from '../server.ts'
import { type RedshiftServer, startRedshift } from './server.ts'
import { BUCKET, READS_FILES, REDSHIFT_IN_POSTGRES, ROLE } from './to-postgres.ts'

let folder: string
let postgres: EmbeddedPostgres
let server: RedshiftServer
let warehouse: Warehouse
let serial = 0
const query = (sql: string) => rowsOf(postgres.url, sql)
const open = (settings: Partial<RedshiftSettings> = {}): Warehouse =>
  createRedshiftWarehouse({
    client: server.client,
    workgroup: 'tributary-test',
    database: 'tributary',
    secret: 'redshift!tributary-test',
    role: ROLE,
    schema: 'public',
    platform: 'p1',
    uri: address => `s3://${BUCKET}${address}`,
    ...settings,
  })
const jobOf = async (
  table: WarehouseTable,
  rows: readonly Row[],
  name = `own ${serial++}`,
): Promise<LoadJob> => ({
  name,
  loads: [
    {
      table,
      csv: await csvFile({ folder, warehouse, query }, table, rows),
      replaces: { kind: 'epoch', epoch: EPOCH },
    },
  ],
})
/** A job whose tables are there, so that only its rows are left to load. */
const jobOn = async (ids: readonly string[]) => {
  const table = eventTable()
  await settled(warehouse, await jobOf(table, [event('old')]))
  server.calls.length = 0
  return {
    table,
    job: await jobOf(
      table,
      ids.map(id => event(id)),
    ),
  }
}
const idsOf = async ({ name }: WarehouseTable) =>
  (await query(`SELECT event_id FROM ${name} ORDER BY event_id`)).map(row => row['event_id'])
const operations = () => server.calls.map(({ operation }) => operation)
const starts = () =>
  server.calls
    .filter(({ operation }) => operation === 'BatchExecuteStatement')
    .map(({ body }) => body as { Sqls: string[]; ClientToken: string })
const loadsStarted = () => starts().filter(({ Sqls }) => Sqls.some(sql => sql.includes('COPY')))
const going = (loading: Loading): string => {
  if (loading.state === 'loading') return loading.statement
  throw new Error(`it is ${loading.state}`)
}

beforeAll(async () => {
  folder = await temporaryFolder()
  postgres = await openServer(join(folder, 'data'), [READS_FILES])
  await query(REDSHIFT_IN_POSTGRES)
  server = await startRedshift(postgres.url)
  warehouse = open()
  await warehouse.marks()
})
afterAll(async () => {
  await server?.close()
  await postgres?.stop()
  await removeFolder(folder)
})

describe('the redshift warehouse', () => {
  warehouseContract(() => ({ warehouse, folder, query }))

  test('reads the catalogue and starts the load in one call, and does not wait for its rows', async () => {
    const { job, table } = await jobOn(['a'])
    const loading = await warehouse.load(job)
    expect(operations()).toEqual([
      ...['BatchExecuteStatement', 'DescribeStatement', 'GetStatementResult', 'GetStatementResult'],
      'BatchExecuteStatement',
    ])
    expect(server.calls.at(-1)!.body).toMatchObject({
      ...{ WorkgroupName: 'tributary-test', Database: 'tributary', SecretArn: 'redshift!tributary-test' },
      StatementName: expect.stringContaining(job.name),
    })
    let now = loading
    while (now.state === 'loading') now = await warehouse.ask(job, now.statement)
    expect(now).toEqual({ state: 'loaded' })
    expect(await idsOf(table)).toEqual(['a'])
    expect(await warehouse.ask(job, going(loading))).toEqual({ state: 'loaded' })
  })

  test('hands over before it waits long for the catalogue either', async () => {
    const { job, table } = await jobOn(['a'])
    const release = server.hold()
    const statement = going(await open({ patienceSeconds: 1 }).load(job))
    expect(statement).toMatch(/^columns /)
    release()
    await settled({ ...warehouse, load: () => warehouse.ask(job, statement) }, job)
    expect(await idsOf(table)).toEqual(['a'])
  })

  test('describes tables and columns, and makes wide tables in several batches', async () => {
    const wide = {
      ...eventTable(),
      columns: [
        ...Array.from({ length: 100 }, (_, i) => ({
          name: `field_${i}`,
          type: 'text' as const,
          description: `It's ${i}`,
        })),
        ...eventTable().columns,
      ],
    }
    const row = [...Array.from({ length: 100 }, (_, i) => (i % 2 ? `v${i}` : null)), ...event('a')]
    await settled(warehouse, await jobOf(wide, [row]))
    const [found] = await query(
      `SELECT *, obj_description('${wide.name}'::regclass) AS t, col_description('${wide.name}'::regclass, 99) AS c FROM ${wide.name}`,
    )
    expect(found).toMatchObject({ field_0: null, field_99: 'v99', event_id: 'a', t: "A customer's trip" })
    expect(found?.['c']).toMatch(/^It's \d+$/)
  })

  test('keeps a row once where nobody enforces its key, as Redshift does not', async () => {
    const table = metricTable()
    const job = async () => ({
      name: `keys ${serial++}`,
      loads: [
        {
          table,
          csv: await csvFile({ folder, warehouse, query }, table, [['2026-01-01T10:00:00Z', 1, 0.5, '{}']]),
          replaces: { kind: 'keys' } as const,
        },
      ],
    })
    await settled(warehouse, await job())
    await query(`ALTER TABLE ${table.name} DROP CONSTRAINT ${table.name}_pkey`)
    await Promise.all([await job(), await job(), await job()].map(each => settled(warehouse, each)))
    expect(await query(`SELECT count FROM ${table.name}`)).toEqual([{ count: '1' }])
  })

  test('says anew of a table with many columns what it is, in a procedure as well', async () => {
    const more = Array.from({ length: 60 }, (_, i) => ({
      ...{ name: `field_${i}`, type: 'bigint' as const, description: `old ${i}` },
    }))
    const table = { ...eventTable(), columns: [...eventTable().columns, ...more] }
    await settled(warehouse, await jobOf(table, []))
    const columns = table.columns.map(column => ({
      ...column,
      description: `$$ of ${column.name}; it's \\o`,
    }))
    await settled(warehouse, { name: `told ${serial++}`, loads: [], table: { ...table, columns } })
    const [said] = await query(`SELECT col_description('${table.name}'::regclass, attnum) AS c
      FROM pg_attribute WHERE attrelid = '${table.name}'::regclass AND attname = 'field_59'`)
    // A backslash is written twice for Redshift; PostgreSQL, which stands in for it here, takes both.
    expect(said).toEqual({ c: "$$ of field_59; it's \\\\o" })
  })

  test('loads an empty table where a file has no rows', async () => {
    const { job, table } = await jobOn([])
    await settled(warehouse, job)
    expect(await idsOf(table)).toEqual([])
  })

  test('cuts a text that does not fit so that it is seen, and two stay two', async () => {
    const table = eventTable()
    const long = (end: string) => `${'😀'.repeat(16_000)}${'a'.repeat(400)}${end}`
    const fits = '😀'.repeat(16_383)
    const json = JSON.stringify({ long: 'x'.repeat(70_000) })
    const rows = [
      event('a', { note: long('1') }),
      event('b', { note: long('2'), extra: json }),
      event('c', { note: fits }),
    ]
    await settled(warehouse, await jobOf(table, rows))
    const found = await query(`SELECT note, extra FROM ${table.name} ORDER BY event_id`)
    expect(found.map(row => row['note'])).toEqual([
      markedText(long('1'), { type: 'text' }).slice(1),
      markedText(long('2'), { type: 'text' }).slice(1),
      fits,
    ])
    expect(found[0]?.['note']).toMatch(/^(😀){16000}…[0-9a-f]{32}$/u)
    expect(found[0]?.['note']).not.toBe(found[1]?.['note'])
    expect(JSON.parse(String(found[1]?.['extra']))).toEqual({ $cut: expect.stringMatching(/^[0-9a-f]{32}$/) })
  })
})

describe('where the Data API fails, the redshift warehouse', () => {
  test('starts one load however often the call is repeated', async () => {
    const { job, table } = await jobOn(['a'])
    const [first, second] = [going(await warehouse.load(job)), going(await warehouse.load(job))]
    expect(second).toBe(first)
    expect(new Set(loadsStarted().map(({ ClientToken }) => ClientToken)).size).toBe(1)
    await settled(warehouse, job)
    expect(await idsOf(table)).toEqual(['a'])
  })

  test('starts one load where the answer to the start was lost', async () => {
    const { job, table } = await jobOn(['a'])
    server.faults.push('lost', 'lost')
    const before = server.statements.size
    await settled(warehouse, job)
    expect(starts().length).toBeGreaterThan(2)
    expect(server.statements.size - before).toBe(2)
    expect(await idsOf(table)).toEqual(['a'])
  })

  test('goes on through throttles, too many active statements and failures of the service', async () => {
    const { job, table } = await jobOn(['a'])
    server.faults.push(
      { error: 'ActiveStatementsExceededException' },
      { error: 'ThrottlingException' },
      { error: 'InternalServerException', status: 500 },
      { error: 'DatabaseConnectionException', status: 500 },
      { error: 'ActiveWaitingRequestsExceededException', on: 'DescribeStatement' },
      { error: 'ThrottlingException', on: 'GetStatementResult' },
    )
    await settled(warehouse, job)
    expect(server.faults).toEqual([])
    expect(await idsOf(table)).toEqual(['a'])
  })

  test('says so where it stays throttled, refused or silent', async () => {
    const { job } = await jobOn(['a'])
    const hurried = open({ callMs: 300 })
    server.faults.push(...Array(20).fill({ error: 'ActiveStatementsExceededException' }))
    await expect(hurried.load(job)).rejects.toMatchObject({ code: 'overloaded', retryable: true })
    server.faults.length = 0
    server.faults.push({ error: 'AccessDeniedException' })
    await expect(hurried.load(job)).rejects.toMatchObject({ code: 'storage_failed' })
    server.faults.push({ error: 'ValidationException' })
    await expect(hurried.load(job)).rejects.toMatchObject({ code: 'internal', retryable: false })
    server.faults.push('silent')
    await expect(hurried.load(job)).rejects.toMatchObject({ code: 'timeout', retryable: true })
    await settled(warehouse, job)
  })

  test.each([
    ['ERROR: 1023 DETAIL: Serializable isolation violation on table in Redshift', 'unavailable'],
    ['ERROR: deadlock detected', 'unavailable'],
    ['FATAL: terminating connection due to administrator command', 'unavailable'],
    ['ERROR: Query (1) cancelled on user’s request'.replace('’', "'"), 'timeout'],
    ['ERROR: S3ServiceException:Please reduce your request rate.,Status 503,Error SlowDown', 'overloaded'],
    ['ERROR: S3ServiceException:Access Denied,Status 403,Error AccessDenied', 'storage_failed'],
    ["ERROR: Load into table 't' failed.  Check 'sys_load_error_detail' system table", 'corrupt_data'],
    ['ERROR: syntax error at or near "x"', 'internal'],
  ])('rolls back what failed in the middle, and names it: %s', async (fail, code) => {
    const { job, table } = await jobOn(['new'])
    // The rows are deleted and not yet inserted when it fails.
    server.faults.push({ fail, in: 'COPY', after: 6 })
    await expect(settled(warehouse, job)).rejects.toMatchObject({
      code,
      retryable: code !== 'internal' && code !== 'corrupt_data',
    })
    expect(await idsOf(table)).toEqual(['old'])
    // The same name finds the failed one, another starts anew.
    await expect(settled(warehouse, job)).rejects.toMatchObject({ code })
    await settled(warehouse, { ...job, name: `${job.name} again` })
    expect(await idsOf(table)).toEqual(['new'])
  })

  test('starts anew after a statement that is not known any more', async () => {
    const { job } = await jobOn(['a'])
    const lost = 'rows 00000000-0000-0000-0000-000000000000 1'
    expect(await warehouse.ask(job, lost)).toMatchObject({
      state: 'failed',
      failure: { code: 'unavailable', retryable: true },
    })
    await warehouse.stop(lost)
  })

  test('stops a load that nobody waits for, and does not mind one that has ended', async () => {
    const { job, table } = await jobOn(['new'])
    const locker = await holdLock()
    const statement = going(await warehouse.load(job))
    expect(await warehouse.ask(job, statement)).toEqual({ state: 'loading', statement })
    await warehouse.stop(statement)
    await locker.release()
    expect(await warehouse.ask(job, statement)).toMatchObject({
      state: 'failed',
      failure: { code: 'unavailable', message: expect.stringContaining('cancelled') },
    })
    await warehouse.stop(statement)
    expect(await idsOf(table)).toEqual(['old'])
  })

  test('sees a column that somebody else has added meanwhile', async () => {
    const table = eventTable()
    await run(warehouse, (await jobOf(table, [event('a')])).loads)
    const added = { name: 'more', type: 'bigint' as const, description: 'x' }
    const wider = { ...table, columns: [...table.columns, added] }
    const job = await jobOf(wider, [[...event('b'), 7]])
    server.faults.push({ fail: 'column "more" of relation already exists', in: 'ALTER', after: 2 })
    await expect(settled(warehouse, job)).rejects.toMatchObject({ code: 'internal' })
    await settled(warehouse, { ...job, name: `${job.name} again` })
    expect(await query(`SELECT more FROM ${table.name}`)).toEqual([{ more: '7' }])
  })
})

/** A transaction that holds the lock of loads. */
async function holdLock(): Promise<{ release(): Promise<void> }> {
  const { default: pg } = await import('pg')
  const client = new pg.Client({ connectionString: postgres.url })
  await client.connect()
  await client.query('BEGIN; LOCK "tributary-lock"')
  return { release: () => client.end() }
}
