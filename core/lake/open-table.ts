import type { Metric } from '../declare/metric-plan.ts'
import type { Contract } from '../declare/pipeline.ts'
import type { TableName } from '../ports/table-catalog.ts'
import { GROUP_COLUMN, WINDOW_COLUMN } from '../sql/aggregate.ts'
import type { Column } from './column.ts'
import { contractTable } from './warehouse-table.ts'

/** A table that any engine reads from the catalog: which it is, what fills it, and its columns. */
export type OpenTable = TableName & {
  /** What the table says of itself: `curated:com.example.order`. */
  readonly source: string
  /** What its rows mean, where that can change under one name: then it is made anew. */
  readonly identity?: string
  readonly columns: readonly Column[]
  /** The instant by whose day its files are told apart; undefined where they are by epoch alone. */
  readonly dayOf?: string
}

/** The events of a type that counted, with the columns that its table in the warehouse has. */
export function curatedTable(contract: Contract, allTypes: readonly string[]): OpenTable {
  const { name, columns } = contractTable(contract, allTypes)
  return {
    ...{ namespace: 'curated', table: name, source: `curated:${contract.type}` },
    ...{ columns, dayOf: 'event_time' },
  }
}

/**
 * What each epoch adds to a metric: its cells by window and group, in their canonical texts. The files have
 * no epoch; readers take it from the table's partition.
 */
export function partialsTable({ id, name, cells }: Pick<Metric, 'id' | 'name' | 'cells'>): OpenTable {
  const text = (column: string, description: string): Column => ({ name: column, type: 'text', description })
  return {
    ...{ namespace: 'partials', table: name, source: `partials:${name}`, identity: id },
    columns: [
      { name: 'epoch', type: 'timestamp', description: 'Epoch whose events were counted' },
      { name: WINDOW_COLUMN, type: 'bigint', description: 'Start of the window, ms since 1970 (UTC)' },
      text(GROUP_COLUMN, 'Canonical group'),
      ...cells.map(cell => text(cell.name, `Cell: ${cell.kind}`)),
    ],
  }
}
