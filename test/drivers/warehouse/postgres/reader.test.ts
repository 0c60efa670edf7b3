import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { WarehouseTable } from '../../../../core/lake/warehouse-table.ts'
import {
  type EmbeddedPostgres,
  openEmbeddedPostgres,
} from '../../../../drivers/warehouse/embedded-postgres/embedded-postgres.ts'
import { openPostgresWarehouse } from '../../../../drivers/warehouse/postgres/postgres.ts'
import { EPOCH, eventTable, run } from '../../../contracts/warehouse.ts'
import { freePort, PASSWORDS, removeFolder, rowsOf, temporaryFolder } from '../server.ts'

let folder: string
let server: EmbeddedPostgres
const query = (sql: string) => rowsOf(server.url, sql)
const read = (sql: string) => rowsOf(server.readerUrl, sql)
const masked = new Map<string, ReadonlySet<string>>()
const open = () =>
  openPostgresWarehouse({
    ...{ lake: '/', schema: 'public', platform: 'p1', url: server.url, ready: server.ensure },
    reader: { role: 'tributary_reader', masked },
  })

beforeAll(async () => {
  folder = await temporaryFolder()
  server = openEmbeddedPostgres({
    folder: join(folder, 'data'),
    port: await freePort(),
    passwords: PASSWORDS,
  })
})
afterAll(async () => {
  await server?.stop()
  await removeFolder(folder)
})

/** A table of events with one more column. */
function table(): WarehouseTable {
  const { columns, ...rest } = eventTable()
  return { ...rest, columns: [...columns, { name: 'email', type: 'text', description: 'Address' }] }
}

/** Loads one event that has an address. */
async function load(into: WarehouseTable, engine = open()): Promise<void> {
  const csv = join(folder, 'rows.csv')
  const values: Record<string, string> = {
    event_id: 'e1',
    epoch: new Date(EPOCH).toISOString(),
    email: 'ada@example.org',
  }
  await writeFile(csv, `${into.columns.map(({ name }) => values[name] ?? '').join(',')}\n`)
  await run(engine, [{ table: into, csv, replaces: { kind: 'epoch', epoch: EPOCH } }])
  await engine.close()
}

const DENIED = /permission denied/

describe('what BI tools see', () => {
  test('a table without sensitive columns is read as it is', async () => {
    const open_ = table()
    masked.set(open_.name, new Set())
    await load(open_)
    expect(await read(`SELECT email FROM ${open_.name}`)).toEqual([{ email: 'ada@example.org' }])
  })

  test('a sensitive column is NULL under the name of the table, and the table itself is closed', async () => {
    const closed = table()
    masked.set(closed.name, new Set(['email']))
    await load(closed)
    expect(await read(`SELECT event_id, email FROM ${closed.name}`)).toEqual([
      { event_id: 'e1', email: null },
    ])
    expect(await query(`SELECT email FROM public.${closed.name}`)).toEqual([{ email: 'ada@example.org' }])
    await expect(read(`SELECT event_id FROM public.${closed.name}`)).rejects.toThrow(DENIED)
    const columns = `SELECT column_name AS c, data_type AS t FROM information_schema.columns WHERE table_name = '${closed.name}'`
    const types = (rows: readonly object[]) => rows.map(row => JSON.stringify(row)).sort()
    expect(types(await read(columns))).toEqual(types(await query(`${columns} AND table_schema = 'public'`)))
  })

  test('a view says what its table and columns are, and which of them are masked', async () => {
    const closed = table()
    masked.set(closed.name, new Set(['email']))
    const said = async () =>
      (
        await read(`SELECT obj_description(oid, 'pg_class') AS t, col_description(oid, 1) AS c,
          (SELECT col_description(oid, attnum) FROM pg_attribute WHERE attrelid = oid AND attname = 'email') AS e
          FROM pg_class WHERE oid = 'tributary_reader.${closed.name}'::regclass`)
      )[0]
    await load(closed)
    const hidden = 'Masked, and always NULL here: email'
    expect(await said()).toEqual({
      ...{ t: `A customer's trip. ${hidden}`, c: 'CloudEvents id', e: 'Address (masked)' },
    })
    await load({
      ...closed,
      description: 'A trip',
      columns: closed.columns.map(c => ({ ...c, description: 'x' })),
    })
    expect(await said()).toEqual({ t: `A trip. ${hidden}`, c: 'x', e: 'x (masked)' })
  })

  test('a column that is declared sensitive later is masked by the next look, before anything is loaded', async () => {
    const later = table()
    masked.set(later.name, new Set())
    await load(later)
    masked.set(later.name, new Set(['email']))
    const engine = open()
    await engine.marks()
    await engine.close()
    expect(await read(`SELECT email FROM ${later.name}`)).toEqual([{ email: null }])
    masked.set(later.name, new Set())
    await load(later)
    expect(await read(`SELECT email FROM public.${later.name}`)).toEqual([{ email: 'ada@example.org' }])
  })

  test('a view gets the columns that its table gets', async () => {
    const wider = table()
    masked.set(wider.name, new Set(['email']))
    await load(wider)
    const more = { name: 'more', type: 'bigint' as const, description: 'x' }
    await load({ ...wider, columns: [...wider.columns, more] })
    expect(await read(`SELECT email, more FROM ${wider.name}`)).toEqual([{ email: null, more: null }])
  })

  test('a table that takes the place of another, with other types, is masked as well, and never seen before', async () => {
    const [old, aside] = [table(), table()]
    masked.set(old.name, new Set(['email']))
    await load(old)
    const columns = aside.columns.map(column =>
      column.name === 'event_id' ? { ...column, type: 'bigint' as const } : column,
    )
    const csv = join(folder, 'none.csv')
    await writeFile(csv, '')
    const engine = open()
    const mark = { relation: aside.name, identity: '{"rows":"new"}', through: 1 }
    const replaces = { kind: 'epoch', epoch: EPOCH } as const
    await engine.load({ name: 'aside', loads: [{ table: { ...aside, columns }, csv, replaces }], mark })
    await expect(read(`SELECT 1 FROM ${aside.name}`)).rejects.toThrow(DENIED)
    await engine.switchTo(aside.name, old.name)
    await query(`INSERT INTO ${old.name} (event_id, email) VALUES (7, 'eve@example.org')`)
    expect(await read(`SELECT event_id, email FROM ${old.name}`)).toEqual([{ event_id: '7', email: null }])
    expect(await query(`SELECT 1 FROM pg_class WHERE relname LIKE '${old.name}-until-%'`)).toEqual([])
    await engine.retire(old.name, false)
    expect(await query(`SELECT 1 FROM pg_class WHERE relname = '${old.name}'`)).toEqual([])
    await engine.close()
  })

  test('a view of somebody who builds on ours stays when the table is replaced, and shows nothing more', async () => {
    const [old, aside] = [table(), table()]
    masked.set(old.name, new Set(['email']))
    await load(old)
    await query(`CREATE VIEW built AS SELECT email FROM tributary_reader.${old.name}`)
    await load(aside)
    const engine = open()
    await engine.switchTo(aside.name, old.name)
    await engine.close()
    expect(await read('SELECT email FROM built')).toEqual([{ email: null }])
    expect(await read(`SELECT email FROM ${old.name}`)).toEqual([{ email: null }])
  })

  test('statistics of a sensitive column are not shown either', async () => {
    const closed = table()
    masked.set(closed.name, new Set(['email']))
    await load(closed)
    await query(
      `INSERT INTO ${closed.name} (event_id, email) SELECT n, 'ada@example.org' FROM generate_series(1, 500) n`,
    )
    await query(`ANALYZE ${closed.name}`)
    expect(await read(`SELECT attname FROM pg_stats WHERE tablename = '${closed.name}'`)).toEqual([])
  })
})
