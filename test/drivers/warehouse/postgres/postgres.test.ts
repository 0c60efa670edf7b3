import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { WarehouseTable } from '../../../../core/lake/warehouse-table.ts'
import {
  type EmbeddedPostgres,
  openEmbeddedPostgres,
} from '../../../../drivers/warehouse/embedded-postgres/embedded-postgres.ts'
import { findPostmaster } from '../../../../drivers/warehouse/embedded-postgres/postmaster.ts'
import {
  openPostgresWarehouse,
  type PostgresWarehouse,
} from '../../../../drivers/warehouse/postgres/postgres.ts'
import { EPOCH, eventTable, metricTable, run, warehouseContract } from '../../../contracts/warehouse.ts'
import { freePort, removeFolder, rowsOf, temporaryFolder } from '../server.ts'

const WHOSE = { lake: '/', schema: 'public', platform: 'p1' } as const

let folder: string
let server: EmbeddedPostgres
let warehouse: PostgresWarehouse
const query = (sql: string) => rowsOf(server.url, sql)
/** A job that only makes tables. */
const prepare = async (tables: readonly WarehouseTable[], engine: PostgresWarehouse = warehouse) => {
  const csv = join(folder, 'empty.csv')
  await writeFile(csv, '')
  const replaces = { kind: 'keys' } as const
  await run(
    engine,
    tables.map(table => ({
      table,
      csv,
      replaces: table.key.includes('event_id') ? { kind: 'epoch', epoch: EPOCH } : replaces,
    })),
  )
}

beforeAll(async () => {
  folder = await temporaryFolder()
  server = openEmbeddedPostgres({ folder: join(folder, 'data'), port: await freePort() })
  warehouse = openPostgresWarehouse({ ...WHOSE, url: server.url, ready: server.ensure })
})

afterAll(async () => {
  await warehouse?.close()
  await server?.stop()
  await removeFolder(folder)
})

describe('the postgres warehouse', () => {
  warehouseContract(() => ({ warehouse, folder, query }))

  test('describes tables and columns, and indexes what is searched', async () => {
    const [events, metric] = [eventTable(), metricTable()]
    await prepare([events, metric])
    const [described] = await query(
      `SELECT obj_description('${events.name}'::regclass) AS t, col_description('${events.name}'::regclass, 1) AS c`,
    )
    expect(described).toEqual({ t: "A customer's trip", c: 'CloudEvents id' })
    const indexes = async (table: string) =>
      (await query(`SELECT indexdef FROM pg_indexes WHERE tablename = '${table}' ORDER BY 1`)).map(row =>
        String(row['indexdef']).replace(/^.*USING /, ''),
      )
    expect(await indexes(events.name)).toEqual(['btree (epoch)', 'btree (event_time)'])
    expect(await indexes(metric.name)).toEqual(['btree (window_start, group_key)'])
  })

  test('refuses a name that PostgreSQL would cut', async () => {
    await expect(prepare([{ ...eventTable(), name: 'x'.repeat(64) }])).rejects.toMatchObject({
      code: 'invalid_declaration',
    })
  })

  test('adds no column over the head of a long reader, but says soon that it is busy', async () => {
    const table = eventTable()
    await prepare([table])
    const reader = query(`SELECT pg_sleep(5), count(*) FROM ${table.name}`)
    await new Promise(done => setTimeout(done, 200))
    const wider = {
      ...table,
      columns: [...table.columns, { name: 'more', type: 'text' as const, description: 'x' }],
    }
    await expect(prepare([wider])).rejects.toMatchObject({ code: 'unavailable' })
    expect(await reader).toHaveLength(1)
    await prepare([wider])
  })

  test('lets the reading role select from every table and write to none', async () => {
    const table = eventTable()
    await prepare([table])
    expect(await rowsOf(server.readerUrl, `SELECT * FROM ${table.name}`)).toEqual([])
    for (const sql of [`DELETE FROM ${table.name}`, 'CREATE TABLE mine (x int)']) {
      await expect(rowsOf(server.readerUrl, sql)).rejects.toThrow(/read-only/)
      const insisting = rowsOf(server.readerUrl, `SET transaction_read_only = off; ${sql}`)
      await expect(insisting).rejects.toThrow(/permission denied/)
    }
  })

  test('fails as unavailable where no server listens', async () => {
    const nobody = openPostgresWarehouse({
      ...WHOSE,
      url: `postgres://tributary@127.0.0.1:${await freePort()}/tributary`,
    })
    await expect(prepare([eventTable()], nobody)).rejects.toMatchObject({
      code: 'unavailable',
      retryable: true,
      cause: expect.any(Error),
    })
    await nobody.close()
  })

  test('keeps the old rows when the server is killed in the middle of a load, and loads after its restart', async () => {
    const table = eventTable()
    const replaces = { kind: 'epoch', epoch: EPOCH } as const
    const line = (id: string) => `${id},2026-01-01T10:00:00Z,${new Date(EPOCH).toISOString()},,,\n`
    const file = async (name: string, lines: number) => {
      const csv = join(folder, name)
      await writeFile(csv, Array.from({ length: lines }, (_, i) => line(`${name}${i}`)).join(''))
      return csv
    }
    await prepare([table])
    await run(warehouse, [{ table, csv: await file('old', 3), replaces }])
    const big = await file('new', 400_000)
    const broken = expect(run(warehouse, [{ table, csv: big, replaces }])).rejects.toMatchObject({
      code: 'unavailable',
    })
    await untilCopying(server.url)
    process.kill((await findPostmaster(join(folder, 'data')))!.pid, 'SIGQUIT')
    await broken
    await server.ensure()
    expect(await query(`SELECT count(*) AS n FROM ${table.name}`)).toEqual([{ n: '3' }])
    await run(warehouse, [{ table, csv: await file('again', 5), replaces }])
    expect(await query(`SELECT count(*) AS n FROM ${table.name}`)).toEqual([{ n: '5' }])
  })
})

async function untilCopying(url: string): Promise<void> {
  for (;;) {
    const rows = await rowsOf(url, 'SELECT 1 FROM pg_stat_progress_copy WHERE tuples_processed > 0')
    if (rows.length > 0) return
  }
}
