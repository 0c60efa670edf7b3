import { createHash } from 'node:crypto'
import { TributaryError } from '../../../core/errors.ts'
import { inParallel } from '../../aws/in-parallel.ts'
import type { GlueCall } from './calls.ts'
import type { GlueTable } from './tables.ts'

/** What a round came to: names of tables. */
export type CatalogChanges = {
  readonly made: readonly string[]
  readonly changed: readonly string[]
  readonly removed: readonly string[]
}

export type Catalog = {
  /** Brings the database to these tables, whatever is there. Those that others made stay. */
  bring(tables: readonly GlueTable[]): Promise<CatalogChanges>
}

/** Parameter of a table that we keep: what it was made from. */
const MARK = 'tributary.declared'
/** Glue's own limits: tables a page, tables a deletion. */
const PAGE = 100
/** A thousand types are 20 pages; more than this is a listing that does not end. */
const MAX_PAGES = 10_000
/** Calls at a time: accounts are allowed a few tens a second. */
const WIDTH = 4

/**
 * The tables of a Glue database, by which Athena reads the lake. A table says in a parameter what it was made
 * from, so that a round reads the list and changes what differs.
 */
export function createGlueCatalog(options: { readonly call: GlueCall; readonly database: string }): Catalog {
  const { call } = options
  const DatabaseName = options.database
  return {
    async bring(tables) {
      const present = await listed(call, DatabaseName)
      const marked = tables.map(withMark)
      const made = marked.filter(({ Name }) => !present.has(Name))
      const changed = marked.filter(one => present.has(one.Name) && present.get(one.Name) !== markOf(one))
      const names = new Set(tables.map(({ Name }) => Name))
      const removed = [...present].flatMap(([name, mark]) =>
        mark === undefined || names.has(name) ? [] : [name],
      )
      await inParallel(
        made,
        WIDTH,
        async TableInput => void (await call('CreateTable', { DatabaseName, TableInput })),
      )
      // Versions of a table that nobody goes back to would be kept for ever, up to a quota.
      await inParallel(
        changed,
        WIDTH,
        async TableInput => void (await call('UpdateTable', { DatabaseName, TableInput, SkipArchive: true })),
      )
      for (let from = 0; from < removed.length; from += PAGE)
        await call('BatchDeleteTable', { DatabaseName, TablesToDelete: removed.slice(from, from + PAGE) })
      return { made: made.map(({ Name }) => Name), changed: changed.map(({ Name }) => Name), removed }
    },
  }
}

/** Marks of the tables that are there, undefined where a table has none, by name. */
async function listed(
  call: GlueCall,
  DatabaseName: string,
): Promise<ReadonlyMap<string, string | undefined>> {
  const found = new Map<string, string | undefined>()
  let NextToken: unknown
  for (let pages = 0; pages < MAX_PAGES; pages += 1) {
    const page = await call('GetTables', {
      DatabaseName,
      MaxResults: PAGE,
      ...(NextToken !== undefined && { NextToken }),
    })
    for (const { Name, Parameters } of (page['TableList'] ?? []) as readonly GlueTable[])
      found.set(Name, Parameters?.[MARK])
    NextToken = page['NextToken']
    if (NextToken === undefined || NextToken === null || NextToken === '') return found
  }
  throw new TributaryError('internal', `the list of tables of ${DatabaseName} does not end`)
}

function withMark(table: GlueTable): GlueTable {
  const mark = createHash('sha256').update(JSON.stringify(table)).digest('hex').slice(0, 32)
  return { ...table, Parameters: { ...table.Parameters, [MARK]: mark } }
}

function markOf({ Parameters }: GlueTable): string | undefined {
  return Parameters[MARK]
}
