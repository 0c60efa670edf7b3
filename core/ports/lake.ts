/** A value of a result row. */
export type LakeValue = string | number | bigint | boolean | null
export type LakeRow = Readonly<Record<string, LakeValue>>

/** What a write left behind. */
export type Written = { readonly rows: number; readonly bytes: number }

/** One connection to the engine: temporary tables live as long as it does. */
export type LakeSession = {
  /** Runs a statement whose result nobody reads. */
  execute(sql: string): Promise<void>
  /** All rows of a small result. */
  rows(sql: string): Promise<readonly LakeRow[]>
  /** A result of any size, chunk by chunk. */
  stream(sql: string): AsyncIterable<readonly LakeRow[]>
  /**
   * Writes a query's result as one Parquet object (zstd) at lake path `path`. Readers see the old object or the new
   * one, never a part: written aside, synced, renamed.
   */
  write(sql: string, path: string): Promise<Written>
}

/**
 * The engine that refines and aggregates.
 *
 * @example
 * await lake.session(async s => {
 *   await s.write(`SELECT … FROM ${lake.scan(['raw/…'])}`, 'curated/…/data.parquet')
 * })
 */
export type Lake = {
  /** Runs work on one connection and closes it, also when the work fails. */
  session<T>(work: (session: LakeSession) => Promise<T>): Promise<T>
  /** Lake paths under a prefix, sorted: files only. */
  list(prefix: string): Promise<readonly string[]>
  /** Removes everything under a prefix. */
  remove(prefix: string): Promise<void>
  /** The address by which SQL names a lake path (a file path, an S3 URI). */
  address(path: string): string
}
