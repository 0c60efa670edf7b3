import type { WarehouseTable } from '../warehouse-table.ts'
import type { Dialect, Sql } from './dialect.ts'

/** Query: curated rows in the columns of their warehouse table. */
export function exportRows(dialect: Dialect, { columns }: WarehouseTable, curated: readonly string[]): Sql {
  const names = columns.map(({ name }) => dialect.identifier(name))
  return `SELECT ${names.join(', ')} FROM ${dialect.scan(curated)} AS c`
}
