import { TributaryError } from '../../../core/errors.ts'
import type { Column, WarehouseTable } from '../../../core/lake/warehouse-table.ts'

/**
 * PostgreSQL's type of a column. JSON is kept as text: `jsonb` refuses documents that are legal JSON (a NUL
 * or half a surrogate pair written as an escape), and one such event would stop the load of its epoch for
 * ever. A reader writes `column::jsonb` where it needs to look inside.
 */
export function columnType(column: Column): string {
  switch (column.type) {
    case 'decimal':
      return `numeric(${column.precision ?? 18},${column.scale ?? 0})`
    case 'timestamp':
      return 'timestamptz'
    case 'double':
      return 'double precision'
    case 'json':
      return 'text'
    default:
      return column.type
  }
}

/** Creates the table `name` (qualified, quoted) with its key and its indexes. */
export function createTable(name: string, table: WarehouseTable): string[] {
  const parts = table.columns.map(
    column => `${quoted(column.name)} ${columnType(column)}${column.isRequired === true ? ' NOT NULL' : ''}`,
  )
  // Nothing is named: the name would stay with a table that takes the place of another, and two long table
  // names must not meet in one name of a constraint.
  return [
    `CREATE TABLE ${name} (${[...parts, `PRIMARY KEY (${listed(table.key)})`].join(', ')})`,
    ...table.columns
      .filter(column => INDEXED.has(column.name) && column.name !== table.key[0])
      .map(column => `CREATE INDEX ON ${name} (${quoted(column.name)})`),
  ]
}

/** Names of columns, quoted. */
export const listed = (columns: readonly string[]) => columns.map(quoted).join(', ')

/** Adds one column. Instant, as it has no default, but it needs the table for itself. */
export function addColumn(name: string, column: Column): string {
  return `ALTER TABLE ${name} ADD COLUMN IF NOT EXISTS ${quoted(column.name)} ${columnType(column)}`
}

/** The descriptions, where a BI tool looks for them. */
export function comments(name: string, table: WarehouseTable): string[] {
  return [
    `COMMENT ON TABLE ${name} IS ${literal(table.description)}`,
    ...table.columns.map(column => commentOn(name, column)),
  ]
}

export function commentOn(name: string, column: Pick<Column, 'name' | 'description'>): string {
  return `COMMENT ON COLUMN ${name}.${quoted(column.name)} IS ${literal(column.description)}`
}

/**
 * A quoted identifier.
 *
 * @throws TributaryError `invalid_declaration` for names over 63 bytes, which PostgreSQL would cut, so that
 * two could become one
 */
export function quoted(name: string): string {
  if (name === '' || Buffer.byteLength(name) > 63 || name.includes('\0'))
    throw new TributaryError(
      'invalid_declaration',
      `"${name}" cannot name a table or column of the warehouse; use 1 to 63 bytes (a PostgreSQL limit)`,
    )
  return `"${name.replaceAll('"', '""')}"`
}

const INDEXED = new Set(['epoch', 'event_time'])

/** A text as SQL. */
export function literal(text: string): string {
  // Backslashes have no meaning in a plain literal (standard_conforming_strings, the default since PostgreSQL
  // 9.1).
  return `'${text.replaceAll('\0', '').replaceAll("'", "''")}'`
}
