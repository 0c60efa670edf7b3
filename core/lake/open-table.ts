import type { Contract } from '../declare/pipeline.ts'
import type { TableName } from '../ports/table-catalog.ts'
import type { Column } from './column.ts'
import { contractTable } from './warehouse-table.ts'

/** A table that any engine reads from the catalog: which it is, what fills it, and its columns. */
export type OpenTable = TableName & {
  /** What the table says of itself: `curated:com.example.order`. */
  readonly source: string
  readonly columns: readonly Column[]
  /** The instant by whose day its files are told apart. */
  readonly dayOf: string
}

/** The events of a type that counted, with the columns that its table in the warehouse has. */
export function curatedTable(contract: Contract, allTypes: readonly string[]): OpenTable {
  const { name, columns } = contractTable(contract, allTypes)
  return {
    ...{ namespace: 'curated', table: name, source: `curated:${contract.type}` },
    ...{ columns, dayOf: 'event_time' },
  }
}
