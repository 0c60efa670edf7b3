import { MAX_STATEMENTS } from './batch.ts'
import { DDL_TIMEOUT_MS, existingColumns, LOCK_TABLE, literal, quoted } from './ddl.ts'
import { grantsOn } from './grants.ts'
import { MARKS, qualified, type SchemaOwner, selectMarks } from './marks.ts'
import { type RedshiftWorkgroup, rowsOf } from './statements.ts'
import { runWhole } from './whole.ts'

/**
 * Who loads: the user of a database that IAM's role `name` is there (`IAMR:<name>`, Redshift management
 * guide).
 */
export const loaderOf = (roleName: string) => `IAMR:${roleName}`

/**
 * Makes what the warehouse needs beside its administrator, with the administrator's rights, as often as one
 * likes: the user who loads, who owns the platform's tables and nothing else; and the role for BI, which may
 * read their columns that are not sensitive.
 *
 * @returns the tables that were looked at
 */
export async function makeRoles(
  workgroup: RedshiftWorkgroup,
  owner: Required<SchemaOwner>,
  loader: string,
): Promise<readonly string[]> {
  const users = await runWhole(workgroup, 'look for roles', [
    'SELECT usename::VARCHAR FROM pg_user',
    'SELECT role_name::VARCHAR FROM svv_roles',
  ])
  const has = async (place: number, name: string) =>
    (await rowsOf(workgroup, users, place)).some(([known]) => known === name)
  const schema = quoted(owner.schema)
  const reader = quoted(owner.reader.role)
  await runWhole(workgroup, 'make roles', [
    ...((await has(1, loader)) ? [] : [`CREATE USER ${quoted(loader)} PASSWORD DISABLE`]),
    ...((await has(2, owner.reader.role)) ? [] : [`CREATE ROLE ${reader}`]),
    `GRANT CREATE, TEMPORARY ON DATABASE ${quoted(workgroup.database)} TO ${quoted(loader)}`,
    `GRANT CREATE, USAGE ON SCHEMA ${schema} TO ${quoted(loader)}`,
    `GRANT USAGE ON SCHEMA ${schema} TO ROLE ${reader}`,
  ])
  const tables = await tablesOf(workgroup, owner)
  const owners = await ownersOf(workgroup, owner)
  const changes = [...tables].map(([table, columns]) => [
    // A change of owner waits for the readers of a table, so it is made once.
    ...(owners.get(table) === loader
      ? []
      : [`ALTER TABLE ${qualified(owner, table)} OWNER TO ${quoted(loader)}`]),
    `REVOKE ALL ON ${qualified(owner, table)} FROM ROLE ${reader}`,
    ...grantsOn(owner, table, columns),
  ])
  for (const batch of batched(changes)) await runWhole(workgroup, 'give tables', batch)
  return [...tables.keys()]
}

/** The platform's own tables that are there, with their columns. */
async function tablesOf(workgroup: RedshiftWorkgroup, owner: SchemaOwner) {
  const own = await columnsOf(workgroup, existingColumns(owner, [{ name: MARKS }, { name: LOCK_TABLE }]))
  if (!own.has(MARKS)) return own
  const marks = await rowsOf(workgroup, await runWhole(workgroup, 'read marks', [selectMarks(owner)]))
  const ours = marks
    .filter(([, platform]) => platform === owner.platform)
    .map(([relation]) => ({ name: relation! }))
  return new Map([...own, ...(await columnsOf(workgroup, existingColumns(owner, ours)))])
}

async function columnsOf(workgroup: RedshiftWorkgroup, sql: string) {
  const columns = new Map<string, string[]>()
  for (const [table, column] of await rowsOf(workgroup, await runWhole(workgroup, 'look for tables', [sql])))
    columns.set(table!, [...(columns.get(table!) ?? []), column!])
  return columns
}

async function ownersOf(workgroup: RedshiftWorkgroup, { schema }: SchemaOwner) {
  const sql = `SELECT tablename::VARCHAR, tableowner::VARCHAR FROM pg_tables WHERE schemaname = ${literal(schema)}`
  const rows = await rowsOf(workgroup, await runWhole(workgroup, 'look for owners', [sql]))
  return new Map(rows.map(([table, owner]) => [table!, owner!]))
}

/** Changes of tables, those of one together, in batches that the Data API takes. */
function batched(changes: readonly (readonly string[])[]): readonly string[][] {
  const batches: string[][] = []
  for (const change of changes) {
    const last = batches.at(-1)
    if (last === undefined || last.length + change.length > MAX_STATEMENTS)
      batches.push([`SET statement_timeout TO ${DDL_TIMEOUT_MS}`, ...change])
    else last.push(...change)
  }
  return batches
}
