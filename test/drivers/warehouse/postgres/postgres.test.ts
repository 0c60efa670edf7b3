import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { warehouseLine } from '../../../../core/lake/csv.ts'
import type { WarehouseTable } from '../../../../core/lake/warehouse-table.ts'
import type { EmbeddedPostgres } from '../../../../drivers/warehouse/embedded-postgres/embedded-postgres.ts'
import { findPostmaster } from '../../../../drivers/warehouse/embedded-postgres/postmaster.ts'
import {
  openPostgresWarehouse,
  type PostgresWarehouse,
} from '../../../../drivers/warehouse/postgres/postgres.ts'
import {
  EPOCH,
  event,
  eventTable,
  metricTable,
  type Row,
  run,
  warehouseContract,
} from '../../../contracts/warehouse.ts'
import { freePort, openServer, PASSWORDS, removeFolder, rowsOf, temporaryFolder } from '../server.ts'

const WHOSE = { lake: '/', schema: 'public', platform: 'p1' } as const

let folder: string
let server: EmbeddedPostgres
let warehouse: PostgresWarehouse
const masked = new Map<string, ReadonlySet<string>>()
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
  server = await openServer(join(folder, 'data'), [
    'CREATE ROLE "an analyst"',
    'CREATE DATABASE elsewhere OWNER tributary',
  ])
  const reader = { role: 'tributary_reader', masked }
  warehouse = openPostgresWarehouse({ ...WHOSE, url: server.url, ready: server.ensure, reader })
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
    expect(await indexes(events.name)).toEqual(['btree (epoch)', 'btree (event_time)', 'btree (event_id)'])
    expect(await indexes(metric.name)).toEqual(['btree (window_start, group_key)'])
  })

  test('describes in any words', async () => {
    const words = `\\ and \\'; $$ '' E'\\n' \u0001 <b>`
    const table = { ...eventTable(), description: `${words}\0` }
    await prepare([table])
    const [said] = await query(`SELECT obj_description('${table.name}'::regclass) AS t`)
    expect(said).toEqual({ t: words })
  })

  test('an epoch that is loaded again holds what the newest file has, and no other epoch changes', async () => {
    const table = eventTable()
    const load = async (epoch: number, rows: readonly Row[]) => {
      const csv = join(folder, 'again.csv')
      await writeFile(csv, rows.map(row => warehouseLine(table, 'quoted', row)).join(''))
      await run(warehouse, [{ table, csv, replaces: { kind: 'epoch', epoch } }])
    }
    const found = async (epoch: number) =>
      (
        await query(`SELECT event_id AS id, note, distance::float8 AS distance, extra FROM ${table.name}
          WHERE epoch = '${new Date(epoch).toISOString()}' ORDER BY event_id COLLATE "C"`)
      ).map(row => ({ ...row }))
    const values = fc.record({
      note: fc.constantFrom(null, '', 'a', 'NULL', '\\N'),
      distance: fc.constantFrom(null, 0, 1.5),
      extra: fc.constantFrom(null, '{}'),
    })
    const epochs = fc.dictionary(fc.constantFrom(...'abcdefghij'), values, { maxKeys: 10 })
    await load(EPOCH + 3_600_000, [event('other', { epoch: EPOCH + 3_600_000, note: 'kept' })])
    await fc.assert(
      fc.asyncProperty(epochs, async rows => {
        const ids = Object.keys(rows).sort()
        await load(
          EPOCH,
          ids.map(id => event(id, rows[id]!)),
        )
        expect(await found(EPOCH)).toEqual(ids.map(id => ({ id, ...rows[id]! })))
      }),
      { numRuns: 40 },
    )
    expect(await found(EPOCH + 3_600_000)).toMatchObject([{ id: 'other', note: 'kept' }])
  })

  test('an epoch that is loaded again as it was writes no row', async () => {
    const table = eventTable()
    const csv = join(folder, 'same.csv')
    const lines = (note: string) =>
      ['a', 'b', 'c', 'd', 'e'].map((id, i) =>
        warehouseLine(table, 'quoted', event(id, { note: i === 0 ? note : 'n' })),
      )
    const load = async (note: string) => {
      await writeFile(csv, lines(note).join(''))
      await run(warehouse, [{ table, csv, replaces: { kind: 'epoch', epoch: EPOCH } }])
      return (await query(`SELECT event_id AS id, xmin::text AS by FROM ${table.name} ORDER BY 1`)).map(
        row => row['by'],
      )
    }
    const first = await load('n')
    expect(await load('n')).toEqual(first)
    const [changed, ...others] = await load('other')
    expect([changed === first[0], others]).toEqual([false, first.slice(1)])
  })

  test('refuses a name that PostgreSQL would cut', async () => {
    await expect(prepare([{ ...eventTable(), name: 'x'.repeat(64) }])).rejects.toMatchObject({
      code: 'invalid_declaration',
    })
  })

  test.each([
    ['domain', 'DOMAIN ? AS text', 'DOMAIN ?'],
    ['enum type', "TYPE ? AS ENUM ('a')", 'TYPE ?'],
    ['range type', 'TYPE ? AS RANGE (subtype = int)', 'TYPE ?'],
    ['type', 'TYPE ? AS (a int)', 'TYPE ?'],
    ['sequence', 'SEQUENCE ?', 'SEQUENCE ?'],
    ['view', 'VIEW ? AS SELECT 1 AS a', 'VIEW ?'],
    ['index', 'INDEX ? ON public."tributary-tables" (through)', 'INDEX public.?'],
  ])('leaves a %s with the name of a table as it is, and says what to rename', async (kind, create, drop) => {
    const table = metricTable()
    await query(
      `CREATE ${create.replace('?', create.includes(' ON ') ? table.name : `public.${table.name}`)}`,
    )
    await expect(prepare([table])).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringMatching(new RegExp(`the ${kind} public.${table.name} is not .*; rename it`)),
    })
    await query(`DROP ${drop.replace('?', table.name)}`)
    await prepare([table])
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

  test('stays in its schema, whatever schemas others create and name like the account', async () => {
    const table = eventTable()
    await prepare([table])
    await query('CREATE SCHEMA tributary')
    try {
      const csv = join(folder, 'one.csv')
      await writeFile(csv, `a,2026-01-01T10:00:00Z,${new Date(EPOCH).toISOString()},,,\n`)
      await run(warehouse, [{ table, csv, replaces: { kind: 'epoch', epoch: EPOCH } }])
    } finally {
      await query('DROP SCHEMA tributary')
    }
    expect(await query(`SELECT event_id FROM public.${table.name}`)).toEqual([{ event_id: 'a' }])
  })

  test('refuses a schema that another platform has marked, with the remedy, and takes one of its own', async () => {
    await warehouse.marks()
    const open = (schema: string) =>
      openPostgresWarehouse({ ...WHOSE, url: server.url, schema, platform: 'p2' })
    const [same, own] = [open('public'), open('second')]
    await expect(same.marks()).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringContaining('TRIBUTARY_WAREHOUSE_SCHEMA'),
    })
    await expect(prepare([eventTable()], same)).rejects.toMatchObject({ code: 'conflict' })
    expect(await own.marks()).toEqual([])
    const table = eventTable()
    await prepare([table], own)
    expect(await query(`SELECT * FROM second.${table.name}`)).toEqual([])
    await Promise.all([same.close(), own.close()])
  })

  test('knows the tables of a version without marks by their descriptions, and no others', async () => {
    await query(`CREATE SCHEMA before; CREATE TABLE before.trips (window_start timestamptz, group_key text);
      COMMENT ON COLUMN before.trips.group_key IS 'Canonical group: tells a missing value from null';
      CREATE TABLE before.copy AS SELECT * FROM before.trips`)
    const earlier = openPostgresWarehouse({ ...WHOSE, url: server.url, schema: 'before' })
    expect(await earlier.marks()).toEqual([{ relation: 'trips', identity: '', through: -1 }])
    await earlier.close()
  })

  test('refuses to leave tables of a version without marks behind in public, with the remedy', async () => {
    const url = new URL(server.url)
    url.pathname = '/elsewhere'
    await rowsOf(url.href, `CREATE TABLE trip (receipt text); COMMENT ON COLUMN trip.receipt IS 'Receipt id'`)
    const open = (schema: string) => openPostgresWarehouse({ ...WHOSE, url: url.href, schema })
    const [own, old] = [open('tributary'), open('public')]
    await expect(own.marks()).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringContaining('TRIBUTARY_WAREHOUSE_SCHEMA=public'),
    })
    await rowsOf(url.href, 'CREATE SCHEMA tributary')
    expect(await own.marks()).toEqual([])
    expect(await old.marks()).toEqual([{ relation: 'trip', identity: '', through: -1 }])
    await Promise.all([own.close(), old.close()])
  })

  test('lets a table take the place of another with its grants, and leaves that where a view needs it', async () => {
    const [old, aside] = [metricTable(), metricTable()]
    const mark = { relation: aside.name, identity: '{"rows":"new"}', through: 1 }
    const csv = join(folder, 'none.csv')
    await writeFile(csv, '')
    await prepare([old])
    await warehouse.load({ name: 'aside', loads: [{ table: aside, csv, replaces: { kind: 'keys' } }], mark })
    await query(`GRANT SELECT ON ${old.name} TO "an analyst";
      CREATE VIEW of_old AS SELECT count FROM ${old.name}`)
    await warehouse.switchTo(aside.name, old.name)
    const [right] = await query(`SELECT has_table_privilege('an analyst', '${old.name}', 'SELECT') AS may`)
    expect(right).toEqual({ may: true })
    expect(await query('SELECT * FROM of_old')).toEqual([])
    const [left] = await query(`SELECT obj_description(c.oid) AS said FROM pg_class c
      WHERE c.relname LIKE '${old.name}-until-%' AND c.relkind = 'r'`)
    expect(left?.['said']).toMatch(/No longer loaded/)
  })

  test('makes nobody wait while an transaction of a reader keeps it from adding a column', async () => {
    const table = eventTable()
    await prepare([table])
    const reader = new pg.Client({ connectionString: server.url })
    await reader.connect()
    await reader.query(`BEGIN; SELECT count(*) FROM ${table.name}`)
    const more = { name: 'more', type: 'text' as const, description: 'x' }
    const added = prepare([{ ...table, columns: [...table.columns, more] }]).catch(error => error)
    let longest = 0
    for (const end = Date.now() + 3500; Date.now() < end; ) {
      const start = performance.now()
      await query(`SELECT count(*) FROM ${table.name}`)
      longest = Math.max(longest, performance.now() - start)
    }
    expect(await added).toMatchObject({ code: 'unavailable' })
    expect(longest).toBeLessThan(1000)
    await reader.end()
    await prepare([{ ...table, columns: [...table.columns, more] }])
  })

  test('lets the reading role select from every table and write to none', async () => {
    const table = eventTable()
    masked.set(table.name, new Set())
    await prepare([table])
    expect(await rowsOf(server.readerUrl, `SELECT * FROM ${table.name}`)).toEqual([])
    for (const sql of [`DELETE FROM ${table.name}`, 'CREATE TABLE mine (x int)']) {
      await expect(rowsOf(server.readerUrl, sql)).rejects.toThrow(/read-only/)
      const insisting = rowsOf(server.readerUrl, `SET transaction_read_only = off; ${sql}`)
      await expect(insisting).rejects.toThrow(/permission denied/)
    }
  })

  test.each([
    ['a wrong password', { password: 'nope' }, /correct the user and password in TRIBUTARY_WAREHOUSE_URL/],
    ['a database that is not there', { pathname: '/nowhere' }, /create the database, or/],
    [
      'an account that may only read',
      { username: 'tributary_reader', password: PASSWORDS.reader },
      /takes no changes: .*TRIBUTARY_WAREHOUSE_URL/,
    ],
  ])('says of %s what to do', async (_, change, remedy) => {
    const url = Object.assign(new URL(server.url), change)
    const other = openPostgresWarehouse({ ...WHOSE, schema: 'elsewhere', url: url.href })
    await expect(other.marks()).rejects.toMatchObject({ message: expect.stringMatching(remedy) })
    await other.close()
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
