/** A value of a result row. Texts are exact except that a leading U+FEFF may be lost: compare keys that begin otherwise. */
export type LakeValue = string | number | bigint | boolean | null
export type LakeRow = Readonly<Record<string, LakeValue>>

/** What a write left behind. */
export type Written = { readonly rows: number; readonly bytes: number }

/** A stored object. */
export type LakeObject = { readonly path: string; readonly bytes: number }

/** `parquet`: zstd. `csv`: no header, empty unquoted = NULL. */
export type LakeFormat = 'parquet' | 'csv'

/**
 * One connection to the engine: temporary tables live as long as it does.
 *
 * Errors: TributaryError `timeout`; `too_large` (the engine's memory); `corrupt_data` (data that is not what the query
 * says); `storage_failed`; `internal`.
 */
export type LakeSession = {
  /** Runs a statement whose result nobody reads. */
  execute(sql: string): Promise<void>
  /** All rows of a small result. */
  rows(sql: string): Promise<readonly LakeRow[]>
  /** A result of any size, chunk by chunk. No other statement of the session may run meanwhile. */
  stream(sql: string): AsyncIterable<readonly LakeRow[]>
  /** Writes a query's result as one object, as `Lake.put` does. */
  write(sql: string, path: string, format: LakeFormat): Promise<Written>
}

/**
 * The engine that refines and aggregates, and the objects it reads and writes. Paths are relative, with `/`; names that
 * begin with a dot are the engine's own and are never listed.
 *
 * @example
 * await lake.session(async s => {
 *   await s.write(`SELECT … FROM read_parquet('${lake.address('raw/…')}')`, 'curated/…/data.parquet', 'parquet')
 * })
 */
export type Lake = {
  /** Runs work on one connection and closes it, also when the work fails. */
  session<T>(work: (session: LakeSession) => Promise<T>): Promise<T>
  /** Objects anywhere under a folder, by path; none where there is no such folder. */
  list(folder: string): Promise<readonly LakeObject[]>
  /** Names of the folders directly in a folder, sorted. */
  folders(folder: string): Promise<readonly string[]>
  /** Removes everything under a folder. */
  remove(folder: string): Promise<void>
  /**
   * Moves a folder into the place of another, whose objects are removed. Readers see the objects of one or of the other.
   * After a crash the place holds one of them too, the new one only when all of it is there; some of the moved objects may
   * then still be in the folder they came from, so it is built anew before it is moved again.
   */
  replace(folder: string, target: string): Promise<void>
  /** Stores text as one object. Readers see the old object or the new one, never a part. */
  put(path: string, text: AsyncIterable<string> | Iterable<string>): Promise<void>
  /** The address by which SQL names an object (a file path, an S3 URI). */
  address(path: string): string
}
