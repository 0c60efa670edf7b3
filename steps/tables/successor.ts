import { TributaryError } from '../../core/errors.ts'
import { CHANGED, SUCCESSOR, snapshotsOfOthers } from '../../core/iceberg/changed-by-others.ts'
import type { TableMetadata } from '../../core/iceberg/table-metadata.ts'
import type { OpenTable } from '../../core/lake/open-table.ts'
import type { TableCatalog } from '../../core/ports/table-catalog.ts'
import { commitMetadata } from './commit-epochs.ts'
import { readHead, retypedColumns, type TablePorts } from './table-head.ts'

/** A table that is filled beside the one that readers see, and follows it when it is complete. */
export type Successor = {
  /** The catalog has it under the table's name; nobody else sees it. */
  readonly ports: TablePorts
  /** Columns that became another type, for which it is made. */
  readonly columns: readonly string[]
  /** Has readers see it from now on; false where somebody else changed the table meanwhile. */
  takeOver(): Promise<boolean>
}

/**
 * The successor of a table with a column that became another type, which Iceberg reads no files of before as;
 * undefined where the table can stay. Where it is filled so far is a property of the table: so what the
 * catalog commits, it commits at once, and no second name is in anybody's way.
 *
 * @throws TributaryError `conflict` where the table has what is not in the lake, and would be lost
 */
export async function successorOf(ports: TablePorts, table: OpenTable): Promise<Successor | undefined> {
  const { metadata } = await readHead(ports, table)
  const columns = metadata === undefined ? [] : retypedColumns(table, metadata)
  if (metadata === undefined || columns.length === 0) return undefined
  requireMadeOfLake(table, metadata, columns)
  const beside = { ...ports, catalog: besideCatalog(ports, table) }
  const begun = await readHead(beside, table)
  // The column has changed again since.
  if (begun.metadata !== undefined && retypedColumns(table, begun.metadata).length > 0)
    await name(ports, table, { expected: begun.location, next: undefined })
  return { ports: beside, columns, takeOver: () => takeOver(ports, table) }
}

/** Rows that somebody else has changed, and snapshots that somebody holds on to, are not made of the lake. */
function requireMadeOfLake(
  { namespace, table }: OpenTable,
  metadata: TableMetadata,
  columns: readonly string[],
): void {
  const { refs = {} } = metadata as { readonly refs?: object }
  const [tag] = Object.keys(refs).filter(name => name !== 'main')
  const isChanged = (metadata.properties[CHANGED] ?? '') !== '' || snapshotsOfOthers(metadata).length > 0
  const theirs = isChanged
    ? `rows that somebody else has changed (${CHANGED})`
    : tag && `"${tag}" of somebody`
  if (theirs === undefined) return
  throw new TributaryError(
    'conflict',
    `tables: ${columns.join(', ')} of ${namespace}.${table} became another type, so that it is to be filled anew, ` +
      `and it has ${theirs}: give that up (docs/read-the-lake.md), or drop the table`,
  )
}

function besideCatalog(ports: TablePorts, table: OpenTable): TableCatalog {
  return {
    ...ports.catalog,
    location: async () => (await readHead(ports, table)).metadata?.properties[SUCCESSOR],
    commit: async (_, expected, next) =>
      (await name(ports, table, { expected, next })) ? 'committed' : 'conflict',
  }
}

/** Has the table name its successor; false where it names another one by now. */
async function name(
  ports: TablePorts,
  table: OpenTable,
  { expected, next }: { readonly expected: string | undefined; readonly next: string | undefined },
): Promise<boolean> {
  const { location, metadata: before } = await readHead(ports, table)
  if (before === undefined || before.properties[SUCCESSOR] !== expected) return false
  const { [SUCCESSOR]: _, ...others } = before.properties
  const properties = next === undefined ? others : { ...others, [SUCCESSOR]: next }
  return commitMetadata(ports, table, location, { before, after: { ...before, properties } })
}

async function takeOver(ports: TablePorts, table: OpenTable): Promise<boolean> {
  const { location, metadata } = await readHead(ports, table)
  const next = metadata?.properties[SUCCESSOR]
  if (next === undefined || snapshotsOfOthers(metadata!).length > 0) return false
  return (await ports.catalog.commit(table, location, next)) === 'committed'
}
