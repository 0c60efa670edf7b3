import { join } from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readableColumns } from '../../../../core/lake/readable-columns.ts'
import { contractTable, type WarehouseTable } from '../../../../core/lake/warehouse-table.ts'
import { loadPipeline } from '../../../../drivers/pipeline/folder.ts'
import type { EmbeddedPostgres } from '../../../../drivers/warehouse/embedded-postgres/embedded-postgres.ts'
import { existingColumns, missingDdl } from '../../../../drivers/warehouse/redshift/ddl.ts'
import { makeMarks, type SchemaOwner } from '../../../../drivers/warehouse/redshift/marks.ts'
import { loaderOf, makeRoles } from '../../../../drivers/warehouse/redshift/roles.ts'
import { rowsOf as resultOf } from '../../../../drivers/warehouse/redshift/statements.ts'
import { runWhole } from '../../../../drivers/warehouse/redshift/whole.ts'
import { openServer, removeFolder, rowsOf, temporaryFolder } from '../server.ts'
import { type RedshiftServer, startRedshift } from './server.ts'
import { ADMINISTERS, REDSHIFT_IN_POSTGRES } from './to-postgres.ts'

const pipeline = await loadPipeline('pipeline')
const types = [...pipeline.latest.keys()]
const customer = pipeline.latest.get('com.tributary.customer')!
const table = contractTable(customer, types)
const hidden = customer.sensitive.map(name => customer.fields.find(field => field.name === name)!.column)
const loader = loaderOf('tributary-prod-LoadWarehouseRole-1')
const reader = { role: 'bi', columns: readableColumns(pipeline) }
const before: SchemaOwner = { schema: 'public', platform: 'p1' }
const owner = { ...before, reader }

let folder: string
let postgres: EmbeddedPostgres
let server: RedshiftServer

beforeAll(async () => {
  folder = await temporaryFolder()
  postgres = await openServer(join(folder, 'data'), ADMINISTERS)
  await rowsOf(postgres.url, REDSHIFT_IN_POSTGRES)
  server = await startRedshift(postgres.url)
})
afterAll(async () => {
  await server?.close()
  await postgres?.stop()
  await removeFolder(folder)
})

const workgroup = () => ({ client: server.client, workgroup: 'w', database: 'tributary' })

/** Makes a table as a load does. */
async function make(owner: SchemaOwner, table: WarehouseTable): Promise<void> {
  for (;;) {
    const id = await runWhole(workgroup(), 'look', [existingColumns(owner, [table])])
    const existing = new Map<string, Set<string>>()
    for (const [name, column] of await resultOf(workgroup(), id))
      existing.set(name!, (existing.get(name!) ?? new Set()).add(column!))
    const missing = missingDdl(owner, [table], existing)
    if (missing.length === 0) return
    await runWhole(workgroup(), 'make', missing)
  }
}

/** What becomes of a statement that somebody runs. */
async function as(role: string, sql: string): Promise<string> {
  const client = new pg.Client({ connectionString: postgres.url })
  await client.connect()
  try {
    await client.query(`SET ROLE "${role}"`)
    await client.query(sql)
    return 'done'
  } catch (error) {
    return String(error)
  } finally {
    await client.end()
  }
}

describe('the roles of the redshift warehouse', () => {
  test('a stage of before is given a user who loads, and a role that reads what is not sensitive', async () => {
    expect(hidden.length).toBeGreaterThan(0)
    await runWhole(workgroup(), 'marks', makeMarks(before))
    await make(before, table)
    const tables = await makeRoles(workgroup(), owner, loader)
    expect(tables).toContain(table.name)
    // Again, and nothing is different.
    expect(await makeRoles(workgroup(), owner, loader)).toEqual(tables)

    expect(await as('bi', `SELECT event_id, received_at FROM ${table.name}`)).toBe('done')
    for (const column of hidden)
      expect(await as('bi', `SELECT ${column} FROM ${table.name}`)).toContain('permission denied')
    expect(await as('bi', `DELETE FROM ${table.name}`)).toContain('permission denied')
    expect(await as('bi', 'SELECT * FROM "tributary-tables"')).toContain('permission denied')

    expect(await as(loader, `ALTER TABLE ${table.name} ADD COLUMN more INT`)).toBe('done')
    expect(await as(loader, `DELETE FROM ${table.name}`)).toBe('done')
    expect(await as(loader, 'CREATE TABLE another (n INT)')).toBe('done')
    expect(await as(loader, 'CREATE ROLE somebody')).toContain('permission denied')
  })

  test('a table that a load makes is shown at once, its sensitive columns never', async () => {
    const open = types
      .map(type => contractTable(pipeline.latest.get(type)!, types))
      .find(({ name }) => reader.columns.get(name) === undefined)!
    await make(owner, open)
    expect(await as('bi', `SELECT * FROM ${open.name}`)).toBe('done')
    await rowsOf(postgres.url, `DROP TABLE ${table.name}`)
    await make(owner, table)
    expect(await as('bi', `SELECT event_id FROM ${table.name}`)).toBe('done')
    for (const column of hidden)
      expect(await as('bi', `SELECT ${column} FROM ${table.name}`)).toContain('permission denied')
    // One that is filled aside, under a name that is not declared, is shown to nobody.
    await make(owner, { ...table, name: 'new-0123' })
    expect(await as('bi', 'SELECT event_id FROM "new-0123"')).toContain('permission denied')
  })

  test('who loads cannot touch what the administrator can', async () => {
    await makeRoles(workgroup(), owner, loader)
    await rowsOf(
      postgres.url,
      `CREATE SCHEMA finance; CREATE TABLE finance.salaries (n INT); CREATE TABLE plans (n INT);
       CREATE ROLE analyst`,
    )
    const refused = [
      ...['SELECT * FROM plans', 'INSERT INTO plans VALUES (1)', 'DROP TABLE plans'],
      ...['ALTER TABLE plans RENAME TO others', 'GRANT SELECT ON plans TO bi', 'TRUNCATE plans'],
      ...['SELECT * FROM finance.salaries', 'CREATE TABLE finance.mine (n INT)', 'DROP SCHEMA finance'],
      ...['CREATE ROLE another', 'DROP ROLE bi', 'GRANT bi TO analyst', 'GRANT tributary TO analyst'],
      ...["ALTER ROLE tributary PASSWORD 'mine'", 'ALTER DATABASE tributary RENAME TO other'],
    ]
    const outcomes = []
    for (const sql of refused) outcomes.push([sql, await as(loader, sql)])
    expect(outcomes.filter(([, outcome]) => !/permission denied|must be/.test(outcome!))).toEqual([])
    // The same are the administrator's to do, so that it is the user and not the statement that is refused.
    const done = ['SELECT * FROM plans', 'GRANT SELECT ON plans TO analyst', 'SELECT * FROM finance.salaries']
    for (const sql of done) expect(await as('tributary', sql), sql).toBe('done')
    await rowsOf(postgres.url, 'DROP TABLE plans; DROP SCHEMA finance CASCADE; DROP ROLE analyst')
  })

  test('a field that has become sensitive is hidden when roles are made again, one that is no longer so is shown', async () => {
    await make(owner, table)
    const [field] = table.columns.map(({ name }) => name).filter(name => !hidden.includes(name))
    const shown = (column: string) => as('bi', `SELECT ${column} FROM ${table.name}`)
    await makeRoles(workgroup(), owner, loader)
    expect([await shown(field!), await shown(hidden[0]!)]).toEqual([
      'done',
      expect.stringContaining('denied'),
    ])
    const readable = table.columns.map(({ name }) => name).filter(name => name !== field)
    const columns = new Map(reader.columns).set(table.name, readable)
    await makeRoles(workgroup(), { ...owner, reader: { ...reader, columns } }, loader)
    expect([await shown(field!), await shown(hidden[0]!)]).toEqual([
      expect.stringContaining('denied'),
      'done',
    ])
    await makeRoles(workgroup(), owner, loader)
    expect([await shown(field!), await shown(hidden[0]!)]).toEqual([
      'done',
      expect.stringContaining('denied'),
    ])
  })

  test('what a load makes is shown as well once it is given to the one who loads, and an owner is changed once', async () => {
    await makeRoles(workgroup(), owner, loader)
    server.calls.length = 0
    await makeRoles(workgroup(), owner, loader)
    expect(JSON.stringify(server.calls)).not.toContain('OWNER TO')
    expect(await as('bi', `SELECT event_id FROM ${table.name}`)).toBe('done')
    expect(await as(loader, `DROP TABLE ${table.name}`)).toBe('done')
  })
})
