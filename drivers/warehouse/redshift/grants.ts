import type { ReadableColumns } from '../../../core/lake/readable-columns.ts'
import { quoted } from './ddl.ts'
import { qualified, type SchemaOwner } from './marks.ts'

/** A database role that may read tables and nothing else: what users for BI are given. */
export type Reader = { readonly role: string; readonly columns: ReadableColumns }

/** The name of that role, which deploy/warehouse-roles.ts makes. */
export const READER = 'tributary_reader'

/**
 * Statements that let the reader see a table: all of it, or its columns that are not sensitive and are there.
 * A name that is not declared, as of a table that is filled aside, is shown to nobody.
 */
export function grantsOn(owner: SchemaOwner, table: string, there: readonly string[]): readonly string[] {
  const { reader } = owner
  if (reader === undefined || !reader.columns.has(table)) return []
  const allowed = reader.columns.get(table)
  const to = `ON ${qualified(owner, table)} TO ROLE ${quoted(reader.role)}`
  if (allowed === undefined) return [`GRANT SELECT ${to}`]
  const columns = there.filter(column => allowed.includes(column)).map(quoted)
  return columns.length === 0 ? [] : [`GRANT SELECT (${columns.join(', ')}) ${to}`]
}

/** Statements that let the reader see a column which was added. */
export function grantsOnColumn(owner: SchemaOwner, table: string, column: string): readonly string[] {
  // The right to read a whole table takes in what is added to it.
  return owner.reader?.columns.get(table) === undefined ? [] : grantsOn(owner, table, [column])
}
