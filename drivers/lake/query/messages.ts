import type { ErrorCode } from '../../../core/errors.ts'
import type { OpenedTable, ResultFormat, StatementResult } from '../../../core/statements/statement.ts'
import type { NamedTable } from '../../../core/statements/statement-check.ts'

/** How much one statement may take. */
export type QueryLimits = {
  /** Memory that the engine may use, bytes. It spills nothing to disk. */
  readonly memory: number
  /** Memory that the whole process may have, bytes: not all that an engine uses is counted by it. */
  readonly rss: number
  /** Rows of an answer. */
  readonly rows: number
  /** Bytes of an answer. */
  readonly bytes: number
}

export type ToWorker =
  | {
      readonly kind: 'task'
      readonly sql: string
      readonly format: ResultFormat
      readonly limits: QueryLimits
      /** Folder of this statement alone, for the file of its answer. */
      readonly scratch: string
    }
  | { readonly kind: 'tables'; readonly tables: readonly OpenedTable[] }

/** What a statement gave. `file`: its path; it is removed with its folder. */
export type WorkerResult = Omit<StatementResult, 'file'> & { readonly file: string | undefined }

export type FromWorker =
  | { readonly kind: 'names'; readonly tables: readonly NamedTable[] }
  | ({ readonly kind: 'result' } & WorkerResult)
  | { readonly kind: 'failed'; readonly code: ErrorCode; readonly detail: string }
