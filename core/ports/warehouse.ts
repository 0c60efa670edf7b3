import type { WarehouseTable } from '../warehouse-table.ts'

/** Rows of one table that replace what an epoch, or a set of windows, held before. */
export type WarehouseLoad = {
  readonly table: WarehouseTable
  /** CSV file (address as in `Lake.address`) in the column order of `table`, without header, empty unquoted = NULL. */
  readonly csv: string
  /** Which rows the load replaces. */
  readonly replaces:
    | { readonly kind: 'epoch'; readonly epoch: number }
    /** Rows whose key columns equal those of a loaded row. */
    | { readonly kind: 'keys' }
}

/** The structured store that BI tools read. */
export type Warehouse = {
  /** Creates or extends tables; never drops a column. */
  prepare(tables: readonly WarehouseTable[]): Promise<void>
  /** Loads all of it in one transaction; readers see either none or all, and are never blocked. Repeating it is harmless. */
  load(loads: readonly WarehouseLoad[]): Promise<void>
}
