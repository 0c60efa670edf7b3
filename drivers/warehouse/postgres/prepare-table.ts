import type pg from 'pg'
import type { WarehouseTable } from '../../../core/lake/warehouse-table.ts'
import { addColumn, comments, createTable } from './ddl.ts'
import { takeForItself } from './exclusive.ts'
import { isThere, qualified, type SchemaOwner, writeMark } from './marks.ts'
import { showToReader } from './reader.ts'

/**
 * Creates a table where there is none, or adds the columns it lacks.
 *
 * @throws TributaryError `conflict` where its name is taken
 */
export async function prepareTable(
  client: pg.ClientBase,
  owner: SchemaOwner,
  table: WarehouseTable,
  identity: string,
): Promise<void> {
  await makeOrExtend(client, owner, table, identity)
  await showToReader(client, owner, table.name)
}

async function makeOrExtend(
  client: pg.ClientBase,
  owner: SchemaOwner,
  table: WarehouseTable,
  identity: string,
): Promise<void> {
  const name = qualified(owner, table.name)
  if (await isThere(client, owner, table.name)) return addColumns(client, name, table)
  for (const sql of [...createTable(name, table), ...comments(name, table)]) await client.query(sql)
  await writeMark(client, owner, { relation: table.name, identity, through: -1 })
}

async function addColumns(client: pg.ClientBase, name: string, table: WarehouseTable): Promise<void> {
  const { rows } = await client.query<{ name: string }>(
    'SELECT attname AS name FROM pg_attribute WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped',
    [name],
  )
  const existing = new Set(rows.map(row => row.name))
  const missing = table.columns.filter(column => !existing.has(column.name))
  for (const sql of comments(name, { ...table, columns: table.columns.filter(c => existing.has(c.name)) }))
    await client.query(sql)
  if (missing.length > 0) await takeForItself(client, name)
  for (const column of missing) {
    await client.query(addColumn(name, column))
    await client.query(comments(name, { ...table, columns: [column] }).at(-1)!)
  }
}
