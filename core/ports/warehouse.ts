import type { TributaryError } from '../errors.ts'
import type { WarehouseTable } from '../lake/warehouse-table.ts'

/**
 * How the files of an engine write texts (columns of type `text` and `json`).
 *
 * `quoted`: NULL is an empty field without quotes, '' one with quotes. `marked`, for engines that read both
 * as one: see `markedText`.
 */
export type CsvTexts = 'quoted' | 'marked'

/** Rows of one table that replace what an epoch, or a set of windows, held before. */
export type WarehouseLoad = {
  readonly table: WarehouseTable
  /**
   * CSV object of the lake, as its path, in the column order of `table`, without header, texts as the engine
   * wants them.
   */
  readonly csv: string
  /** Which rows the load replaces. */
  readonly replaces:
    | { readonly kind: 'epoch'; readonly epoch: number }
    /** Rows whose key columns equal those of a loaded row. */
    | { readonly kind: 'keys' }
    /** The same, and no row takes their place: the file, and `table`, have the key columns only. */
    | { readonly kind: 'gone' }
}

/** What the warehouse says of a table that is this platform's. */
export type TableMark = {
  readonly relation: string
  /** See core/lake/table-identity.ts; '' of a table whose rows mean nothing certain. */
  readonly identity: string
  /** The newest epoch (of events) or generation (of a metric) that is in the table; -1: none. */
  readonly through: number
}

/** The tables of a job, as they are to be. */
export function tablesOf({ loads, table }: Pick<LoadJob, 'loads' | 'table'>): readonly WarehouseTable[] {
  const whole = loads.filter(({ replaces }) => replaces.kind !== 'gone').map(load => load.table)
  const all = table === undefined ? whole : [...whole, table]
  return [...new Map(all.map(each => [each.name, each])).values()]
}

/** Loads that belong together. */
export type LoadJob = {
  /** The same for every repetition of one attempt to load, and no other's. */
  readonly name: string
  readonly loads: readonly WarehouseLoad[]
  /** Is made, or told what has changed in its declaration, also where there is nothing to load. */
  readonly table?: WarehouseTable
  /** What its table is marked with once the rows are in it. */
  readonly mark?: TableMark
}

/** How a job goes. */
export type Loading =
  | { readonly state: 'loaded' }
  /** Ask again, with this. */
  | { readonly state: 'loading'; readonly statement: string }
  /**
   * Nothing of it is in the tables. Where the failure is `retryable`, the job may be started again under
   * another name.
   */
  | { readonly state: 'failed'; readonly failure: TributaryError }

/**
 * The structured store that BI tools read. A load may take longer than a function runs: it is started, then
 * asked after.
 *
 * @example
 * let loading = await warehouse.load(job)
 * while (loading.state === 'loading') loading = await warehouse.ask(job, loading.statement)
 */
export type Warehouse = {
  readonly texts: CsvTexts
  /**
   * The marks of this platform's tables, read before anything is loaded. Makes the schema, and the mark of
   * whose it is, where there is none.
   *
   * @throws TributaryError `conflict` where the schema is another platform's; `unavailable`; `storage_failed`
   */
  marks(): Promise<readonly TableMark[]>
  /**
   * Puts a table in the place of another, whose name it gets, in one transaction; the mark goes with it.
   *
   * @throws TributaryError `unavailable` while somebody reads the other: nobody is made to wait for it
   */
  switchTo(aside: string, relation: string): Promise<void>
  /**
   * Gives up a table: drops it, or, where it is to stay or something of somebody else's needs it, describes
   * it as no longer loaded.
   */
  retire(relation: string, isToStay: boolean): Promise<void>
  /**
   * Starts a job: creates or extends its tables (never drops a column), with their keys, descriptions and
   * what is never NULL, as far as the engine can in a table that is there; then loads all of it in one
   * transaction, and its mark. A table or view of the same name that has no mark of this platform is left
   * alone, and the job fails as a `conflict`. Readers see none or all of it, and are never made to wait.
   * Starting a job of the same name again finds the one that runs; loading the same rows twice is harmless.
   *
   * @throws TributaryError where it is not known whether the job runs
   */
  load(job: LoadJob): Promise<Loading>
  /** Looks how a job goes, and takes it further. @throws TributaryError where that is not known */
  ask(job: LoadJob, statement: string): Promise<Loading>
  /** How many rows a table of events has of each of some epochs (ms), those without any included. */
  countRows(relation: string, epochs: readonly number[]): Promise<ReadonlyMap<number, number>>
  /** Ends a job that nobody waits for any more. */
  stop(statement: string): Promise<void>
}
