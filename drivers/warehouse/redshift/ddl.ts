import { TributaryError } from '../../../core/errors.ts'
import type { Column, WarehouseTable } from '../../../core/lake/warehouse-table.ts'
import { MAX_STATEMENTS } from './batch.ts'
import { grantsOn, grantsOnColumn } from './grants.ts'
import { qualified, type SchemaOwner, writeMark } from './marks.ts'

/** Columns of the tables that exist, by table name. */
export type ExistingColumns = ReadonlyMap<string, ReadonlySet<string>>

/**
 * An empty table that a load locks: locks on the tables themselves would make their readers wait. No event
 * type can bear its name.
 */
export const LOCK_TABLE = 'tributary-lock'

/** Identifiers end at 127 bytes (Redshift database developer guide, "Names and identifiers"). */
const MAX_IDENTIFIER = 127
/**
 * Columns that a table is created with; the others are added, so that it fits a batch with a comment on each
 * column.
 */
const FIRST_COLUMNS = 25
/**
 * An ALTER waits for the readers of its table, and holds up those that come after it: better to give up and
 * try again.
 */
export const DDL_TIMEOUT_MS = 3000

/**
 * Statements that bring tables nearer to what they should be; none where nothing is missing. As many as a
 * batch takes: look again what exists, and ask again, until there are none. Redshift knows no ADD COLUMN IF
 * NOT EXISTS.
 */
export function missingDdl(
  owner: SchemaOwner,
  tables: readonly WarehouseTable[],
  existing: ExistingColumns,
): readonly string[] {
  if (!existing.has(LOCK_TABLE))
    return [`CREATE TABLE IF NOT EXISTS ${qualified(owner, LOCK_TABLE)} (locked BOOLEAN) DISTSTYLE AUTO`]
  const batch: string[] = []
  for (const table of tables)
    for (const change of changesOf(owner, table, existing.get(table.name))) {
      if (batch.length + change.length + 2 > MAX_STATEMENTS) return begun(owner, batch)
      batch.push(...change)
    }
  return batch.length === 0 ? [] : begun(owner, batch)
}

function begun(owner: SchemaOwner, batch: readonly string[]): readonly string[] {
  return [`SET statement_timeout TO ${DDL_TIMEOUT_MS}`, `LOCK ${qualified(owner, LOCK_TABLE)}`, ...batch]
}

/** Statements that belong together: a column is described where it is made. */
function changesOf(
  owner: SchemaOwner,
  table: WarehouseTable,
  existing: ReadonlySet<string> | undefined,
): readonly string[][] {
  const name = qualified(owner, table.name)
  // Its mark says that it is ours; what is in it is marked as it is loaded.
  const mark = () => writeMark(owner, { relation: table.name, identity: '', through: -1 })
  if (existing === undefined) return [[...createTable(owner, table), ...mark()]]
  return table.columns
    .filter(column => !existing.has(column.name))
    .map(column => [
      `ALTER TABLE ${name} ADD COLUMN ${definition(column)}`,
      describe(name, column),
      ...grantsOnColumn(owner, table.name, column.name),
    ])
}

/**
 * Sorted by what its key begins with, which is what a load looks for: the epoch of events, the window of
 * metrics. Redshift does not enforce a key: its planner and BI tools go by it. It does enforce NOT NULL, and
 * can take it away from no column.
 */
function createTable(owner: SchemaOwner, table: WarehouseTable): string[] {
  const name = qualified(owner, table.name)
  const isOfKey = (column: Column) => table.key.includes(column.name)
  const inOrder = [...table.columns.filter(isOfKey), ...table.columns.filter(column => !isOfKey(column))]
  const columns = inOrder.slice(0, FIRST_COLUMNS)
  const defined = columns.map(
    column => `${definition(column)}${column.isRequired === true || isOfKey(column) ? ' NOT NULL' : ''}`,
  )
  const key = `PRIMARY KEY (${table.key.map(quoted).join(', ')})`
  return [
    `CREATE TABLE IF NOT EXISTS ${name} (${[...defined, key].join(', ')}) DISTSTYLE AUTO SORTKEY (${quoted(table.key[0]!)})`,
    `COMMENT ON TABLE ${name} IS ${literal(table.description)}`,
    ...columns.map(column => describe(name, column)),
    ...grantsOn(
      owner,
      table.name,
      columns.map(column => column.name),
    ),
  ]
}

/** Says anew of a table, and of each of its columns, what it is. */
export function describeTable(owner: SchemaOwner, table: WarehouseTable): readonly string[] {
  const name = qualified(owner, table.name)
  return [
    `COMMENT ON TABLE ${name} IS ${literal(table.description)}`,
    ...table.columns.map(column => describe(name, column)),
  ]
}

function definition(column: Column): string {
  return `${quoted(column.name)} ${columnType(column)}`
}

function describe(name: string, column: Column): string {
  return `COMMENT ON COLUMN ${name}.${quoted(column.name)} IS ${literal(column.description)}`
}

/**
 * Redshift's type of a column. TEXT would be VARCHAR(256), and a bare DECIMAL has no decimal places. JSON is
 * kept as text, as SUPER refuses documents that are legal JSON; a reader writes `JSON_PARSE(column)`.
 */
export function columnType({ type, scale, precision }: Column): string {
  switch (type) {
    case 'text':
    case 'json':
      return 'VARCHAR(65535)'
    case 'decimal':
      return `DECIMAL(${precision ?? 18}, ${scale ?? 0})`
    case 'timestamp':
      return 'TIMESTAMPTZ'
    case 'double':
      return 'DOUBLE PRECISION'
    default:
      return type.toUpperCase()
  }
}

/** Query: the columns of the given tables that exist, and those of the lock. */
export function existingColumns(
  { schema }: Pick<SchemaOwner, 'schema'>,
  tables: readonly Pick<WarehouseTable, 'name'>[],
): string {
  const names = [LOCK_TABLE, ...new Set(tables.map(table => table.name))].map(literal)
  return `SELECT table_name::VARCHAR, column_name::VARCHAR FROM svv_columns WHERE table_schema = ${literal(schema)} AND table_name IN (${names.join(', ')})`
}

/**
 * A quoted identifier.
 *
 * @throws TributaryError `invalid_declaration` for names that Redshift would cut, so that two could become
 * one
 */
export function quoted(name: string): string {
  if (name === '' || Buffer.byteLength(name) > MAX_IDENTIFIER || name.includes('\0'))
    throw new TributaryError(
      'invalid_declaration',
      `"${name}" cannot name a table or column of the warehouse; use 1 to ${MAX_IDENTIFIER} bytes (a Redshift limit)`,
    )
  return `"${name.replaceAll('"', '""')}"`
}

/** A backslash escapes in Redshift's texts. */
export function literal(text: string): string {
  return `'${text.replaceAll('\0', '').replaceAll('\\', '\\\\').replaceAll("'", "''")}'`
}
