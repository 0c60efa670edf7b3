import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { warehouseLine } from '../../../../core/lake/csv.ts'
import type { WarehouseTable } from '../../../../core/lake/warehouse-table.ts'
import type { EmbeddedPostgres } from '../../../../drivers/warehouse/embedded-postgres/embedded-postgres.ts'
import {
  openPostgresWarehouse,
  type PostgresWarehouse,
} from '../../../../drivers/warehouse/postgres/postgres.ts'
import { EPOCH, event, eventTable, loggedTable, type Row, settled } from '../../../contracts/warehouse.ts'
import { openServer, removeFolder, rowsOf, temporaryFolder } from '../server.ts'

let folder: string
let server: EmbeddedPostgres
let warehouse: PostgresWarehouse
let serial = 0
const query = (sql: string) => rowsOf(server.url, sql)

beforeAll(async () => {
  folder = await temporaryFolder()
  server = await openServer(join(folder, 'data'))
  warehouse = openPostgresWarehouse({ lake: '/', schema: 'public', platform: 'p1', url: server.url })
  await warehouse.marks()
})
afterAll(async () => {
  await warehouse?.close()
  await server?.stop()
  await removeFolder(folder)
})

/** A table of events whose rows all have a note. */
function noted(table = loggedTable()): WarehouseTable {
  const lineage = ['event_id', 'event_time', 'epoch', 'receipt', 'note']
  const columns = table.columns.map(c => (lineage.includes(c.name) ? { ...c, isRequired: true } : c))
  return { ...table, columns, key: ['epoch', 'receipt'] }
}

/** Loads one epoch, or only has the table made as it should be. */
async function load(table: WarehouseTable, rows?: readonly Row[], epoch = EPOCH): Promise<void> {
  const csv = join(folder, `${++serial}.csv`)
  await writeFile(csv, (rows ?? []).map(row => warehouseLine(table, 'quoted', row)).join(''))
  const loads = rows === undefined ? [] : [{ table, csv, replaces: { kind: 'epoch', epoch } as const }]
  await settled(warehouse, {
    ...{ name: `job ${serial}`, table, loads },
    mark: { relation: table.name, identity: '{"rows":"x"}', through: 1 },
  })
}

const row = (id: string, note: string | null = 'n', epoch = EPOCH): Row => [
  ...event(id, { note, epoch }),
  `receipt-${id}`,
]

/** A table as the version before this one made it, with rows. */
async function earlier(table: WarehouseTable, ...rows: readonly string[]): Promise<void> {
  await query(`CREATE TABLE ${table.name} (event_id text, event_time timestamptz, epoch timestamptz, note text,
    distance numeric(18,3), extra text, receipt text);
    CREATE INDEX ON ${table.name} (epoch); CREATE INDEX ON ${table.name} (event_time);
    INSERT INTO "tributary-tables" (relation, platform, identity, through) VALUES ('${table.name}', 'p1', '{"rows":"x"}', 1);
    ${rows.map(values => `INSERT INTO ${table.name} VALUES (${values})`).join(';')}`)
}

const stateOf = async (name: string) => ({
  key: (
    await query(
      `SELECT indexdef FROM pg_indexes i JOIN pg_class c ON c.relname = i.indexname JOIN pg_index x ON x.indexrelid = c.oid WHERE i.tablename = '${name}' AND x.indisprimary`,
    )
  ).map(found => String(found['indexdef']).replace(/^.*\(/, '(')),
  required: (
    await query(
      `SELECT column_name AS c FROM information_schema.columns WHERE table_name = '${name}' AND is_nullable = 'NO' ORDER BY 1`,
    )
  ).map(found => found['c']),
  indexes: (
    await query(
      `SELECT i.indexdef AS d FROM pg_indexes i JOIN pg_class c ON c.relname = i.indexname JOIN pg_index x ON x.indexrelid = c.oid WHERE i.tablename = '${name}' AND NOT x.indisprimary`,
    )
  ).map(found => String(found['d']).replace(/^.*\(/, '(')),
  checks: await query(
    `SELECT conname FROM pg_constraint WHERE conrelid = '${name}'::regclass AND contype = 'c'`,
  ),
})

const ALL = ['epoch', 'event_id', 'event_time', 'note', 'receipt']
const oldRow = (id: string, note = "'n'") =>
  `'${id}', '2026-01-01T10:00Z', '2026-01-01T09:00Z', ${note}, NULL, NULL, 'receipt-${id}'`

describe('a table of an earlier version', () => {
  test('gets its key and what is never NULL in place, with its rows, and loses the index that the key is', async () => {
    const table = noted()
    await earlier(table, oldRow('old'))
    await load(table, [row('new')])
    expect(await stateOf(table.name)).toEqual({
      ...{ key: ['(epoch, receipt)'], required: ALL, indexes: ['(event_time)'], checks: [] },
    })
    expect(await query(`SELECT event_id FROM ${table.name} ORDER BY 1`)).toEqual([
      { event_id: 'new' },
      { event_id: 'old' },
    ])
  })

  test('does so before anything is loaded, too', async () => {
    const table = noted()
    await earlier(table, oldRow('old'))
    await load(table)
    expect(await stateOf(table.name)).toMatchObject({ key: ['(epoch, receipt)'], required: ALL })
  })

  test('goes on with NULL where a row has it', async () => {
    const table = noted()
    await earlier(table, oldRow('old', 'NULL'))
    await load(table, [row('new')])
    const { key, required } = await stateOf(table.name)
    expect([key, required]).toEqual([['(epoch, receipt)'], ALL.filter(name => name !== 'note')])
  })

  test('is looked through while it is read, and goes on without where a reader does not end', async () => {
    const table = noted()
    await earlier(table, oldRow('old'))
    const reader = new pg.Client({ connectionString: server.url })
    await reader.connect()
    await reader.query(`BEGIN; SELECT count(*) FROM ${table.name}`)
    await load(table, [row('new')])
    expect(await stateOf(table.name)).toMatchObject({ key: [], required: [] })
    expect((await reader.query(`SELECT count(*) AS n FROM ${table.name}`)).rows).toEqual([{ n: '2' }])
    await reader.end()
    await load(table, [row('newer')])
    expect(await stateOf(table.name)).toMatchObject({ key: ['(epoch, receipt)'], required: ALL, checks: [] })
  })

  test('goes on after a stop in the midst of it', async () => {
    const table = noted()
    await earlier(table, oldRow('old'))
    await query(`ALTER TABLE ${table.name} ADD CONSTRAINT "tributary-not-null" CHECK (note IS NOT NULL) NOT VALID;
      CREATE UNIQUE INDEX "key-of-${table.name}" ON ${table.name} (epoch, receipt)`)
    await load(table)
    expect(await stateOf(table.name)).toMatchObject({ key: ['(epoch, receipt)'], required: ALL, checks: [] })
  })

  test('that has a row twice is named with what to do, and stays as it is', async () => {
    const table = noted()
    await earlier(table, oldRow('old'), oldRow('old'))
    await expect(load(table, [row('new')])).rejects.toMatchObject({
      code: 'corrupt_data',
      message: expect.stringMatching(/two rows have one key: drop the table/),
    })
    expect(await query(`SELECT count(*) AS n FROM ${table.name}`)).toEqual([{ n: '2' }])
  })
})

describe('a column', () => {
  test('that a field may lack from now on takes NULL, and so does one that is declared no more', async () => {
    const table = noted()
    await load(table, [row('a')])
    expect(await stateOf(table.name)).toMatchObject({ required: ALL })
    const loosened = { ...table, columns: loggedTable().columns }
    await load(loosened, [row('b', null)], EPOCH + 1)
    expect(await query(`SELECT note FROM ${table.name} WHERE event_id = 'b'`)).toEqual([{ note: null }])
    await load(table)
    const without = { ...noted(), name: table.name }
    const columns = without.columns.filter(({ name }) => name !== 'note' && name !== 'event_time')
    await load({ ...without, columns }, [['c', new Date(EPOCH).toISOString(), null, null, 'r-c']])
    expect(await stateOf(table.name)).toMatchObject({ required: ['epoch', 'event_id', 'receipt'] })
  })

  test('that is new in a table with rows is NULL in them', async () => {
    const table = noted()
    await load(table, [row('a')])
    const rider = { name: 'rider', type: 'bigint' as const, description: 'Who', isRequired: true }
    await load({ ...table, columns: [...table.columns, rider] })
    expect(await query(`SELECT rider FROM ${table.name}`)).toEqual([{ rider: null }])
  })
})

describe('a load', () => {
  test('with NULL where there is none is refused whole, with the column, what to do, and no value', async () => {
    const table = noted()
    await load(table, [row('a', 'kept')])
    const refused = load(table, [row('b', 'ada@example.org'), row('c', null)])
    await expect(refused).rejects.toMatchObject({
      code: 'corrupt_data',
      retryable: false,
      message: expect.stringMatching(/null value in column "note".*declare it optional/),
    })
    const error = (await refused.catch((thrown: unknown) => thrown)) as Error
    expect(JSON.stringify([error.message, String(error.cause)])).not.toMatch(/ada@|receipt-/)
    expect(await query(`SELECT note FROM ${table.name}`)).toEqual([{ note: 'kept' }])
  })

  test('with one key twice is refused in the same way', async () => {
    const table = eventTable()
    await expect(load(table, [event('a'), event('a')])).rejects.toMatchObject({
      code: 'corrupt_data',
      message: expect.stringMatching(/duplicate key value.*drop the table/),
    })
  })
})
