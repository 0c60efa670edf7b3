import { DECIMAL_DIGITS } from '../data/decimal.ts'
import type { Relation } from '../lake/relation.ts'
import type { Column, WarehouseTable } from '../lake/warehouse-table.ts'
import type { CsvColumn, LakeDialect, Sql } from './dialect.ts'
import { type Query, query } from './query.ts'

/** Query: the rows of a table's CSV file with a header, in the types of its columns. */
export function deliveredRows(dialect: LakeDialect, { columns }: WarehouseTable, csv: Relation): Query {
  const read = columns.map(({ name, type }): CsvColumn => ({ name, type: READ_AS[type] }))
  const values = columns.map(column => `${typed(dialect, column)} AS ${dialect.identifier(column.name)}`)
  return query`SELECT ${values.join(', ')} FROM ${dialect.csv(csv, read)}`
}

/** Instants and decimals have spellings that a CSV reader does not know, or reads inexactly. */
const READ_AS: Readonly<Record<Column['type'], CsvColumn['type']>> = {
  text: 'text',
  json: 'text',
  timestamp: 'text',
  bigint: 'integer',
  decimal: 'text',
  double: 'double',
  boolean: 'boolean',
}

function typed(dialect: LakeDialect, { name, type, scale = 0, precision = DECIMAL_DIGITS }: Column): Sql {
  const value = dialect.identifier(name)
  if (type === 'timestamp') return dialect.instant(value)
  return type === 'decimal' ? `CAST(${value} AS DECIMAL(${precision}, ${scale}))` : value
}
