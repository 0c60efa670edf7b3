import { CUT_TEXT, isTextual, MARK, MARKED_TEXT } from '../lake/csv.ts'
import type { Relation } from '../lake/relation.ts'
import type { Column, WarehouseTable } from '../lake/warehouse-table.ts'
import type { CsvTexts } from '../ports/warehouse.ts'
import type { Dialect, Sql } from './dialect.ts'
import { type Query, query } from './query.ts'

/**
 * Query: curated rows in the columns of their warehouse table, with texts as the warehouse wants them in its
 * files. A column that the data lacks (`present` names those it has) is NULL.
 */
export function exportRows(
  dialect: Dialect,
  { columns }: WarehouseTable,
  curated: Relation,
  texts: CsvTexts,
  present: ReadonlySet<string>,
): Query {
  const values = columns.map(column => {
    const name = dialect.identifier(column.name)
    if (!present.has(column.name)) return `NULL AS ${name}`
    if (texts === 'quoted' || !isTextual(column)) return name
    return `${marked(dialect, name, column)} AS ${name}`
  })
  return query`SELECT ${values.join(', ')} FROM ${dialect.scan([curated])} AS c`
}

/** As `markedText`. Of NULL it is NULL. */
function marked(dialect: Dialect, name: Sql, { type }: Column): Sql {
  const value = dialect.asText(name)
  const storable = (part: Sql) => `replace(${part}, ${dialect.text('\0')}, ${dialect.text('\uFFFD')})`
  const cut =
    type === 'json'
      ? `${dialect.text('{"$cut":"')} || ${dialect.md5(value)} || ${dialect.text('"}')}`
      : `${storable(`substr(${value}, 1, ${CUT_TEXT})`)} || ${dialect.text('…')} || ${dialect.md5(value)}`
  const body = `CASE WHEN length(${value}) <= ${MARKED_TEXT} THEN ${storable(value)} ELSE ${cut} END`
  return `${dialect.text(MARK)} || (${body})`
}
