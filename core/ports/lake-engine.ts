import type { FileDigest } from '../lake/certificate.ts'
import type { Relation } from '../lake/relation.ts'
import type { LakeDialect } from '../sql/dialect.ts'
import type { Query } from '../sql/query.ts'

/**
 * A value of a result row. Texts are exact except that a leading U+FEFF may be lost: compare keys that begin
 * otherwise.
 */
export type LakeValue = string | number | bigint | boolean | null
export type LakeRow = Readonly<Record<string, LakeValue>>

/** What a write left behind. */
export type Written = { readonly rows: number; readonly bytes: number }

/**
 * `parquet`: zstd, in whatever encodings the engine likes best. `open-parquet`: in those that every reader of
 * Parquet has, as others read these files too. `csv`: no header, empty unquoted = NULL.
 */
export type LakeFormat = 'parquet' | 'open-parquet' | 'csv'

/**
 * One connection to the engine: temporary tables live as long as it does.
 *
 * Errors: TributaryError `timeout`; `too_large` (the engine's memory); `corrupt_data` (data that is not what
 * the query says); `storage_failed`; `internal`.
 */
export type LakeSession = {
  /** Runs a statement whose result nobody reads. */
  execute(statement: Query): Promise<void>
  /** All rows of a small result. */
  rows(query: Query): Promise<readonly LakeRow[]>
  /** A result of any size, chunk by chunk. No other statement of the session may run meanwhile. */
  stream(query: Query): AsyncIterable<readonly LakeRow[]>
  /** Writes a query's result as one object of the lake, as `LakeFolder.put` does. */
  write(query: Query, path: string, format: LakeFormat): Promise<Written>
  /** The objects that hold a relation, as they are now. @throws `storage_failed` where one is not there */
  digests(relation: Relation): Promise<readonly FileDigest[]>
}

/** What an engine can take on. */
export type LakeLimits = {
  /** Stored bytes of raw data that one type may have in an epoch (Infinity: any number). */
  readonly largestEpoch: number
}

/**
 * The engine that refines and aggregates what is in the lake.
 *
 * @example
 * await engine.session(session =>
 *   session.rows(query`SELECT count(*) AS n FROM ${engine.dialect.scan([curated])} AS c`),
 * )
 */
export type LakeEngine = {
  /** The engine's SQL, and how it names relations of this lake. */
  readonly dialect: LakeDialect
  readonly limits: LakeLimits
  /** Runs work on one connection and closes it, also when the work fails. */
  session<T>(work: (session: LakeSession) => Promise<T>): Promise<T>
}
