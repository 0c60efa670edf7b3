import type { Access } from '../access/access.ts'
import { type ColumnLimit, limitsOf } from '../access/limited-fields.ts'
import { maskedColumns } from '../lake/masked-columns.ts'
import type { Sql } from '../sql/dialect.ts'
import { identifier, text } from '../sql/duckdb/names.ts'
import { type QueryTable, queryTables, type Tabled } from './query-tables.ts'

/** A table as somebody may see it. */
export type VisibleTable = {
  /** Its columns are those that are shown. */
  readonly table: QueryTable
  /** Undefined: all of it is an admin's to see. */
  readonly rows: readonly ColumnLimit[] | undefined
}

/**
 * The tables of the lake that a caller sees. An admin sees all; others the curated rows and numbers of types
 * that they may read, without what a contract masks, and without the tables of which nobody can tell their
 * rows from others. Raw lines have everything in one column, and models are made of several types: both are
 * an admin's.
 */
export function visibleTables(pipeline: Tabled, access: Access): readonly VisibleTable[] {
  const tables = queryTables(pipeline)
  if (access.isAdmin === true) return tables.map(table => ({ table, rows: undefined }))
  const masked = maskedColumns(pipeline)
  return tables.flatMap(table => {
    const rows = rowsOf(table, access)
    if (rows === undefined) return []
    const columns = table.columns.filter(({ name }) => masked.get(table.name)?.has(name) !== true)
    return [{ table: { ...table, columns }, rows }]
  })
}

function rowsOf(table: QueryTable, access: Access): readonly ColumnLimit[] | undefined {
  if (table.schema === 'metric') return limitsOf(table.metric.type, table.metric.by, access)
  // Rows of a model are of several types, of which each limit says something else.
  if (table.schema === 'model') return undefined
  return table.schema === 'raw' ? undefined : limitsOf(table.contract.type, table.contract.fields, access)
}

/** The rows and columns of a table that a caller may see, as a query over the whole of it. */
export function limitedView(whole: Sql, { columns }: QueryTable, rows: readonly ColumnLimit[]): Sql {
  const shown = columns.map(({ name }) => text(name)).join(', ')
  const conditions = rows.map(
    ({ column, texts }) => `CAST(${identifier(column)} AS VARCHAR) IN (${texts.map(text).join(', ')})`,
  )
  const where = conditions.length === 0 ? '' : ` WHERE ${conditions.join(' AND ')}`
  return `SELECT COLUMNS(lambda c: c IN (${shown})) FROM (${whole})${where}`
}
