import type pg from 'pg'
import { TributaryError } from '../../../core/errors.ts'
import type { WarehouseTable } from '../../../core/lake/warehouse-table.ts'
import { listed, quoted } from './ddl.ts'
import { takeForItself } from './exclusive.ts'
import { qualified, type SchemaOwner } from './marks.ts'

/** What a table of an earlier version, or of earlier declarations, lacks, and its rows already fulfil. */
export type LackingConstraints = {
  /** Columns that are never NULL. */
  readonly required: readonly string[]
  /** Columns of the primary key, where there is none. */
  readonly key: readonly string[]
}

/** Runs statements in a transaction of their own. */
export type InTransaction = (what: string, work: (client: pg.ClientBase) => Promise<void>) => Promise<void>

/** Longest look through a table for its constraints, ms: nobody but the next load waits for it. */
const LONGEST_LOOK_MS = 3_600_000

/** Holds while the rows are looked through; no declared name has a hyphen. */
const CHECK = quoted('tributary-not-null')

/** Undefined where nothing is lacking, or rows are in the way: a table goes on as it is. */
export async function lackingConstraints(
  client: pg.ClientBase,
  name: string,
  table: WarehouseTable,
): Promise<LackingConstraints | undefined> {
  const { rows } = await client.query<{ hasKey: boolean; nullable: readonly string[] }>(
    `SELECT EXISTS (SELECT FROM pg_index WHERE indrelid = $1::regclass AND indisprimary) AS "hasKey",
ARRAY(SELECT attname::text FROM pg_attribute WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped AND NOT attnotnull) AS nullable`,
    [name],
  )
  const { hasKey, nullable } = rows[0]!
  const wanted = new Set([
    ...table.columns.filter(({ isRequired }) => isRequired).map(column => column.name),
    ...table.key,
  ])
  const open = nullable.filter(column => wanted.has(column))
  if (hasKey && open.length === 0) return undefined
  const inTheWay = await withNulls(client, name, open)
  const required = open.filter(column => !inTheWay.has(column))
  const key = hasKey || table.key.some(column => inTheWay.has(column)) ? [] : table.key
  return required.length + key.length === 0 ? undefined : { required, key }
}

/** Columns with NULL in some row; rows of before the column are the first that are looked at. */
async function withNulls(
  client: pg.ClientBase,
  name: string,
  columns: readonly string[],
): Promise<ReadonlySet<string>> {
  const found = new Set<string>()
  for (const column of columns) {
    const look = `SELECT EXISTS (SELECT FROM ${name} WHERE ${quoted(column)} IS NULL) AS found`
    const { rows } = await patiently(client, look)
    if (rows[0]?.found === true) found.add(column)
  }
  return found
}

/**
 * Gives a table constraints while others read it: rows are looked through, and an index is made, with no lock
 * that a reader would meet; what needs the table for itself takes an instant. Where somebody reads all the
 * time, the table goes on without, until the next load.
 */
export async function constrain(
  inTransaction: InTransaction,
  owner: SchemaOwner,
  { name: relation, key: [first = ''] }: Pick<WarehouseTable, 'name' | 'key'>,
  { required, key }: LackingConstraints,
): Promise<void> {
  const name = qualified(owner, relation)
  const steps: ((client: pg.ClientBase) => Promise<void>)[] = [
    async client => {
      await takeForItself(client, name)
      await client.query(`ALTER TABLE ${name} DROP CONSTRAINT IF EXISTS ${CHECK}`)
      await client.query(`DROP INDEX IF EXISTS ${qualified(owner, indexOf(relation))}`)
      if (required.length === 0) return
      const never = required.map(column => `${quoted(column)} IS NOT NULL`).join(' AND ')
      await client.query(`ALTER TABLE ${name} ADD CONSTRAINT ${CHECK} CHECK (${never}) NOT VALID`)
    },
    async client => {
      if (required.length > 0) await patiently(client, `ALTER TABLE ${name} VALIDATE CONSTRAINT ${CHECK}`)
      if (key.length > 0)
        await patiently(
          client,
          `CREATE UNIQUE INDEX ${quoted(indexOf(relation))} ON ${name} (${listed(key)})`,
        )
    },
    async client => {
      await takeForItself(client, name)
      const changes = required.map(column => `ALTER COLUMN ${quoted(column)} SET NOT NULL`)
      if (key.length > 0) changes.push(`ADD PRIMARY KEY USING INDEX ${quoted(indexOf(relation))}`)
      await client.query(`ALTER TABLE ${name} ${changes.join(', ')}`)
      await client.query(`ALTER TABLE ${name} DROP CONSTRAINT IF EXISTS ${CHECK}`)
      if (key.length > 0) await dropIndexOf(client, name, first)
    },
  ]
  try {
    for (const step of steps) await inTransaction(`constrain ${relation}`, step)
  } catch (error) {
    // The rows can be loaded without, and the next load tries again.
    if (!(error instanceof TributaryError) || error.code !== 'unavailable') throw error
  }
}

const indexOf = (relation: string) => `key-of-${relation.slice(0, 50)}`

/** The index of an earlier version on the column that the key begins with. */
async function dropIndexOf(client: pg.ClientBase, name: string, column: string): Promise<void> {
  const { rows } = await client.query<{ index: string }>(
    `SELECT i.indexrelid::regclass::text AS index FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
WHERE i.indrelid = $1::regclass AND i.indnatts = 1 AND NOT i.indisunique AND a.attname = $2 AND c.relname ~ '_idx[0-9]*$'`,
    [name, column],
  )
  for (const { index } of rows) await client.query(`DROP INDEX ${index}`)
}

/** A statement that may look through all of a large table. */
async function patiently(client: pg.ClientBase, text: string): Promise<pg.QueryResult<{ found?: boolean }>> {
  await client.query(`SET LOCAL statement_timeout = ${LONGEST_LOOK_MS}`)
  const query = { text, query_timeout: LONGEST_LOOK_MS + 5000 }
  return client.query(query)
}
