import type { Field } from '../data/fields.ts'
import { presenceColumn } from './curated.ts'
import type { Dialect, Sql } from './dialect.ts'
import { operand } from './operand.ts'
import { fieldJson, writtenColumn } from './values.ts'

/** A column that rows are grouped by, under the alias that the outer query reads it by. */
export type GroupColumn = { readonly sql: Sql; readonly alias: string }

/**
 * Splits a group into the columns to group rows by, which are typed and quick, and the canonical text
 * (core/data/group.ts), which is made once a group.
 */
export function groupSql(
  dialect: Dialect,
  by: readonly Field[],
): { readonly columns: readonly GroupColumn[]; readonly text: Sql } {
  const { identifier } = dialect
  const columns: GroupColumn[] = []
  const parts = by.map((field, i) => {
    columns.push({ sql: writtenColumn(dialect, field), alias: `g${i}` })
    if (field.nullable && field.optional)
      columns.push({ sql: identifier(presenceColumn(field)), alias: `h${i}` })
    return part(dialect, field, i)
  })
  if (parts.length === 0) return { columns, text: `'{}'` }
  return { columns, text: `'{' || ${joined(parts)} || '}'` }
}

/** Parts that are not null, with a comma between them. */
function joined(parts: readonly Sql[]): Sql {
  return `substr(${parts.map(each => `coalesce(',' || ${operand(each)}, '')`).join(' || ')}, 2)`
}

/** `"name":value`, or null where the event does not have the field. */
function part(dialect: Dialect, field: Field, i: number): Sql {
  const name = dialect.text(`${JSON.stringify(field.name)}:`)
  const known = `${name} || ${fieldJson(dialect, field, `g${i}`)}`
  const none = `${name} || 'null'`
  if (!field.nullable) return `CASE WHEN g${i} IS NOT NULL THEN ${known} END`
  if (!field.optional) return `CASE WHEN g${i} IS NULL THEN ${none} ELSE ${known} END`
  return `CASE WHEN g${i} IS NOT NULL THEN ${known} WHEN h${i} THEN ${none} END`
}
