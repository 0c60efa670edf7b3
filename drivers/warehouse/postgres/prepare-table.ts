import type pg from 'pg'
import type { WarehouseTable } from '../../../core/lake/warehouse-table.ts'
import { type LackingConstraints, lackingConstraints } from './constraints.ts'
import { addColumn, commentOn, comments, createTable, literal, quoted } from './ddl.ts'
import { takeForItself } from './exclusive.ts'
import { isThere, qualified, type SchemaOwner, writeMark } from './marks.ts'
import { showToReader } from './reader.ts'

/**
 * Creates a table where there is none; else adds the columns it lacks, lets those be NULL that may be, and
 * says of it what has changed. Answers which constraints a table lacks that was there.
 *
 * @throws TributaryError `conflict` where its name is taken
 */
export async function prepareTable(
  client: pg.ClientBase,
  owner: SchemaOwner,
  table: WarehouseTable,
  identity: string,
): Promise<LackingConstraints | undefined> {
  const name = qualified(owner, table.name)
  const wasThere = await isThere(client, owner, table.name)
  if (wasThere) await extend(client, name, table)
  else {
    for (const sql of [...createTable(name, table), ...comments(name, table)]) await client.query(sql)
    await writeMark(client, owner, { relation: table.name, identity, through: -1 })
  }
  await showToReader(client, owner, table.name)
  return wasThere ? lackingConstraints(client, name, table) : undefined
}

/** A column that is there. */
type Found = { readonly name: string; readonly isRequired: boolean; readonly said: string | null }

async function extend(client: pg.ClientBase, name: string, table: WarehouseTable): Promise<void> {
  const found = new Map((await columnsOf(client, name)).map(column => [column.name, column]))
  const missing = table.columns.filter(column => !found.has(column.name))
  // Also a column that is declared no more: no row has a value for it from now on.
  const required = new Set(table.columns.filter(({ isRequired }) => isRequired).map(column => column.name))
  const loosened = [...found.values()].filter(
    column => column.isRequired && !required.has(column.name) && !table.key.includes(column.name),
  )
  const changes = [
    ...missing.map(column => addColumn(name, column)),
    ...loosened.map(column => `ALTER TABLE ${name} ALTER COLUMN ${quoted(column.name)} DROP NOT NULL`),
  ]
  if (changes.length > 0) await takeForItself(client, name)
  for (const sql of changes) await client.query(sql)
  for (const column of table.columns)
    if (found.get(column.name)?.said !== column.description) await client.query(commentOn(name, column))
  if ((await saidOf(client, name)) !== table.description)
    await client.query(`COMMENT ON TABLE ${name} IS ${literal(table.description)}`)
}

async function columnsOf(client: pg.ClientBase, name: string): Promise<readonly Found[]> {
  const { rows } = await client.query<Found>(
    `SELECT attname AS name, attnotnull AS "isRequired", col_description(attrelid, attnum) AS said
FROM pg_attribute WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped`,
    [name],
  )
  return rows
}

async function saidOf(client: pg.ClientBase, name: string): Promise<string | null> {
  const { rows } = await client.query<{ said: string | null }>(
    "SELECT obj_description($1::regclass, 'pg_class') AS said",
    [name],
  )
  return rows[0]?.said ?? null
}
