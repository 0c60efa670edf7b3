import pg from 'pg'
import type { MaskedColumns } from '../../../core/lake/masked-columns.ts'
import { commentOn, literal, quoted } from './ddl.ts'
import { NEEDED } from './errors.ts'
import { takeForItself } from './exclusive.ts'
import { qualified, type SchemaOwner } from './marks.ts'

/**
 * The role of BI tools on a server that is the platform's own. It reads tables; of a table with masked
 * columns it reads a view in their place, in the schema that is named as the role is and which therefore
 * comes first where it names no schema (`search_path` begins with "$user").
 */
export type Reader = { readonly role: string; readonly masked: MaskedColumns }

/** SQLSTATE invalid_table_definition: a view that stands cannot become this one. */
const OTHER_SHAPE = '42P16'

type Place = Pick<SchemaOwner, 'schema' | 'reader'>

/**
 * Lets the reader into the schema of the tables, with the tables yet to come, and makes that of the views.
 */
export async function admitReader(client: pg.ClientBase, { schema, reader }: Place): Promise<void> {
  if (reader === undefined) return
  const { role } = reader
  const { rows } = await client.query<{ isAdmitted: boolean }>(
    `SELECT EXISTS (SELECT FROM pg_default_acl d JOIN pg_namespace n ON n.oid = d.defaclnamespace
CROSS JOIN aclexplode(d.defaclacl) a WHERE n.nspname = $1 AND a.grantee = to_regrole($2)
AND d.defaclrole = to_regrole(current_user::text) AND to_regnamespace($2) IS NOT NULL) AS "isAdmitted"`,
    [schema, role],
  )
  if (rows[0]?.isAdmitted === true) return
  const [tables, views] = [quoted(schema), quoted(role)]
  for (const sql of [
    `CREATE SCHEMA IF NOT EXISTS ${views}`,
    `GRANT USAGE ON SCHEMA ${tables}, ${views} TO ${quoted(role)}`,
    `ALTER DEFAULT PRIVILEGES IN SCHEMA ${tables} GRANT SELECT ON TABLES TO ${quoted(role)}`,
    `COMMENT ON SCHEMA ${views} IS ${literal(`What ${role} sees in place of tables with columns that are masked`)}`,
  ])
    await client.query(sql)
  const { rows: own } = await client.query<{ name: string }>(
    `SELECT c.relname AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = $1 AND c.relkind IN ('r', 'p', 'v', 'm') AND c.relowner = to_regrole(current_user::text)`,
    [schema],
  )
  for (const { name } of own)
    await client.query(`GRANT SELECT ON ${tables}.${quoted(name)} TO ${quoted(role)}`)
}

/**
 * Shows a table to the reader as it may be seen: whole, or by a view without its masked values. A table
 * that no declaration names is one that is being filled, and not shown. To be called in the transaction that
 * changed the table.
 *
 * @throws pg.DatabaseError 55P03 while somebody reads a view that has to change
 */
export async function showToReader(client: pg.ClientBase, place: Place, relation: string): Promise<void> {
  const { reader } = place
  if (reader === undefined) return
  const table = qualified(place, relation)
  const masked = reader.masked.get(relation)
  if (masked?.size === 0) {
    if (await hideView(client, place, relation))
      await client.query(`GRANT SELECT ON ${table} TO ${quoted(reader.role)}`)
    return
  }
  await client.query(`REVOKE ALL ON ${table} FROM ${quoted(reader.role)}`)
  if (masked !== undefined) await showView(client, place, relation, masked)
}

type ShownColumn = { readonly name: string; readonly type: string; readonly said: string | null }
type Shown = { readonly said: string | null; readonly columns: readonly ShownColumn[] }

async function showView(
  client: pg.ClientBase,
  place: Place,
  relation: string,
  masked: ReadonlySet<string>,
): Promise<void> {
  const [table, view] = [qualified(place, relation), viewOf(place, relation)]
  const wanted = maskedView(await shownOf(client, table), masked)
  const shown = await shownOf(client, view)
  if (JSON.stringify(wanted) === JSON.stringify(shown)) return
  if (shown.columns.length > 0) await takeForItself(client, view)
  const values = wanted.columns.map(({ name, type }) =>
    masked.has(name) ? `NULL::${type} AS ${quoted(name)}` : quoted(name),
  )
  const create = `CREATE OR REPLACE VIEW ${view} AS SELECT ${values.join(', ')} FROM ${table}`
  if (!(await attempt(client, create, OTHER_SHAPE))) {
    await hideView(client, place, relation)
    await client.query(create)
  }
  await client.query(`GRANT SELECT ON ${view} TO ${quoted(place.reader!.role)}`)
  await client.query(`COMMENT ON VIEW ${view} IS ${literal(wanted.said ?? '')}`)
  for (const { name, said } of wanted.columns)
    await client.query(commentOn(view, { name, description: said ?? '' }))
}

/** What the view of a table is: its columns as the table describes them, and which of them are masked. */
function maskedView({ said, columns }: Shown, masked: ReadonlySet<string>): Shown {
  const hidden = `Masked, and always NULL here: ${[...masked].join(', ')}`
  return {
    said: said === null ? hidden : `${said}. ${hidden}`,
    columns: columns.map(column =>
      masked.has(column.name) ? { ...column, said: `${column.said ?? column.name} (masked)` } : column,
    ),
  }
}

/**
 * Takes away the view that shows a table, for instance before the table makes room for another; where a view
 * of somebody else's needs it, it stays under another name. Answers whether there was one.
 */
export async function hideView(client: pg.ClientBase, place: Place, relation: string): Promise<boolean> {
  if (place.reader === undefined) return false
  const view = viewOf(place, relation)
  const { rows } = await client.query<{ oid: string | null }>('SELECT to_regclass($1)::oid::text AS oid', [
    view,
  ])
  const oid = rows[0]?.oid ?? null
  if (oid === null) return false
  await takeForItself(client, view)
  if (!(await attempt(client, `DROP VIEW ${view}`, NEEDED)))
    await client.query(`ALTER VIEW ${view} RENAME TO ${quoted(`${relation.slice(0, 40)}-until-${oid}`)}`)
  return true
}

const viewOf = ({ reader }: Place, relation: string) => qualified({ schema: reader!.role }, relation)

/** Runs a statement that may fail with one SQLSTATE; the transaction goes on. */
async function attempt(client: pg.ClientBase, sql: string, expected: string): Promise<boolean> {
  await client.query('SAVEPOINT before_attempt')
  try {
    await client.query(sql)
    return true
  } catch (error) {
    if (!(error instanceof pg.DatabaseError) || error.code !== expected) throw error
    await client.query('ROLLBACK TO SAVEPOINT before_attempt')
    return false
  }
}

async function shownOf(client: pg.ClientBase, relation: string): Promise<Shown> {
  const { rows } = await client.query<ShownColumn>(
    `SELECT attname AS name, format_type(atttypid, atttypmod) AS type, col_description(attrelid, attnum) AS said
FROM pg_attribute WHERE attrelid = to_regclass($1) AND attnum > 0 AND NOT attisdropped ORDER BY attnum`,
    [relation],
  )
  const { rows: found } = await client.query<{ said: string | null }>(
    "SELECT obj_description(to_regclass($1), 'pg_class') AS said",
    [relation],
  )
  return { said: found[0]?.said ?? null, columns: rows }
}
