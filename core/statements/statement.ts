import type { NamedTable } from './statement-check.ts'

/** What the answer to a statement is. */
export type ResultFormat = 'json' | 'csv' | 'parquet'

/** A table as an engine opens it: its query, and the files that this reads. */
export type OpenedTable = {
  readonly schema: string
  readonly name: string
  readonly sql: string
  readonly files: readonly string[]
  /**
   * Its rows are copied into memory before the statement is known to the engine, which then reads no file: of
   * rows that are not among them nothing is there.
   */
  readonly isCopied: boolean
}

export type Statement = {
  readonly sql: string
  readonly format: ResultFormat
  /** Finds the tables that the statement names; those that it does not know are left out. */
  readonly open: (names: readonly NamedTable[]) => Promise<readonly OpenedTable[]>
  /** Ends the statement. */
  readonly signal: AbortSignal
}

/** What a statement gave. */
export type StatementResult = {
  readonly columns: readonly { readonly name: string; readonly type: string }[]
  readonly rows: number
  /** Whether it has no more rows than these. */
  readonly isWhole: boolean
  /** JSON of all rows, a list each; undefined where the answer is a file. */
  readonly json: string | undefined
  readonly file: Uint8Array | undefined
}

/**
 * Runs a statement of somebody: it reads the tables that it is opened, and can do nothing else.
 *
 * @throws TributaryError `bad_request`, `too_large`, `conflict` where it was cancelled, `storage_failed`
 * where a file is not there any more, `unavailable`
 */
export type RunStatement = (statement: Statement) => Promise<StatementResult>
