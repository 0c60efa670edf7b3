import type pg from 'pg'
import type { WarehouseTable } from '../../../core/lake/warehouse-table.ts'
import type { WarehouseLoad } from '../../../core/ports/warehouse.ts'
import { copyCsv } from './copy.ts'
import { listed, quoted } from './ddl.ts'
import { qualified, type SchemaOwner } from './marks.ts'

/** Rows of a file that are compared before it is decided how an epoch is replaced. */
const SAMPLE = 200
/** Share of them that differs, from which on all rows are replaced without a look at each. */
const MOST = 0.25

/** A load on its way: the table, qualified, and where its file's rows are staged. */
type Staged = {
  readonly client: pg.ClientBase
  readonly load: WarehouseLoad
  readonly table: string
  readonly staging: string
}

/**
 * Loads one file into its table, within a transaction.
 *
 * @param load with the absolute path of its file
 * @param name of the temporary table, which no other load of the transaction has
 */
export async function loadRows(
  client: pg.ClientBase,
  owner: SchemaOwner,
  load: WarehouseLoad,
  name: string,
): Promise<void> {
  const table = qualified(owner, load.table.name)
  const staged = { client, load, table, staging: `pg_temp.${name}` }
  if (load.replaces.kind === 'epoch') return replaceEpoch(staged, name, load.replaces.epoch)
  await stage(staged, name)
  if (load.replaces.kind === 'gone') return removeKeys(staged)
  const list = namesOf(load.table)
  await client.query(
    `INSERT INTO ${table} (${list}) SELECT ${list} FROM ${staged.staging}` +
      ` ON CONFLICT (${listed(load.table.key)}) ${onConflict(load.table)}`,
  )
}

const namesOf = ({ columns }: WarehouseTable) => columns.map(column => quoted(column.name)).join(', ')

async function stage({ client, load, table, staging }: Staged, name: string): Promise<void> {
  await client.query(
    `CREATE TEMP TABLE ${name} ON COMMIT DROP AS SELECT ${namesOf(load.table)} FROM ${table} WITH NO DATA`,
  )
  await copyInto(client, load, staging)
}

function copyInto(client: pg.ClientBase, { table, csv }: WarehouseLoad, target: string): Promise<void> {
  return copyCsv(client, { table: target, columns: table.columns.map(column => quoted(column.name)), csv })
}

/**
 * An epoch that is loaded again has mostly the rows that it had. A row that is deleted and inserted costs
 * much more than one that is compared, as each of its keys meets the dead one in the index.
 */
async function replaceEpoch(staged: Staged, name: string, start: number): Promise<void> {
  const { client, load, table, staging } = staged
  const epoch = new Date(start).toISOString()
  const { rows } = await client.query<{ found: boolean }>(
    `SELECT EXISTS (SELECT FROM ${table} WHERE epoch = $1) AS found`,
    [epoch],
  )
  if (rows[0]?.found !== true) return copyInto(client, load, table)
  await stage(staged, name)
  const list = namesOf(load.table)
  const insert = `INSERT INTO ${table} (${list}) SELECT ${list} FROM ${staging} s`
  if (await mostDiffer(staged, epoch)) {
    await client.query(`DELETE FROM ${table} WHERE epoch = $1`, [epoch])
    await client.query(insert)
    return
  }
  await client.query(
    `DELETE FROM ${table} t WHERE t.epoch = $1 AND NOT EXISTS (SELECT FROM ${staging} s WHERE ${isSame(load.table)})`,
    [epoch],
  )
  // What is left of the epoch is as the file has it.
  await client.query(
    `${insert} WHERE NOT EXISTS (SELECT FROM ${table} t WHERE t.epoch = $1 AND ${hasKey(load.table)})`,
    [epoch],
  )
}

/** Looks at the first rows of the file. */
async function mostDiffer({ client, load, table, staging }: Staged, epoch: string): Promise<boolean> {
  const isThere = `EXISTS (SELECT FROM ${table} t WHERE t.epoch = $1 AND ${isSame(load.table)})`
  const { rows } = await client.query<{ share: number | null }>(
    `SELECT avg(CASE WHEN ${isThere} THEN 0 ELSE 1 END)::float8 AS share FROM (SELECT * FROM ${staging} LIMIT ${SAMPLE}) s`,
    [epoch],
  )
  return (rows[0]?.share ?? 0) > MOST
}

const hasKey = ({ key }: WarehouseTable) =>
  key.map(name => `s.${quoted(name)} = t.${quoted(name)}`).join(' AND ')

function isSame(table: WarehouseTable): string {
  const values = table.columns.filter(({ name }) => !table.key.includes(name))
  const rowOf = (alias: string) => `ROW(${values.map(({ name }) => `${alias}.${quoted(name)}`).join(', ')})`
  return `${hasKey(table)} AND ${rowOf('s')} IS NOT DISTINCT FROM ${rowOf('t')}`
}

async function removeKeys({ client, load, table, staging }: Staged): Promise<void> {
  const equal = load.table.columns.map(({ name }) => `t.${quoted(name)} = s.${quoted(name)}`)
  await client.query(`DELETE FROM ${table} t USING ${staging} s WHERE ${equal.join(' AND ')}`)
}

function onConflict(table: WarehouseTable): string {
  const values = table.columns.filter(column => !table.key.includes(column.name)).map(c => quoted(c.name))
  if (values.length === 0) return 'DO NOTHING'
  return `DO UPDATE SET ${values.map(name => `${name} = EXCLUDED.${name}`).join(', ')}`
}
