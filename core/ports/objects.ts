/** An object as a listing gives it. */
export type ListedObject = {
  readonly key: string
  readonly bytes: number
  /** Changes whenever the content does. */
  readonly etag: string
  /** When it was written, ms since 1970. */
  readonly writtenAt: number
}

/** What a list leaves out. */
export type ListOptions = {
  /** Only keys after this text, which need not be a key. */
  readonly after?: string
  /** At most this many; the last one's key is the `after` of the rest. Not given: all, up to 100,000. */
  readonly limit?: number
}

/** Content of an object: bytes, or a local file of any size that has them. */
export type ObjectContent = Uint8Array | { readonly file: string }

/**
 * Objects under keys, as in `raw/type=trip/x.jsonl.gz`. A reader sees an object whole, the old or the new
 * one, never a part, and sees at once what has been written.
 *
 * Errors: TributaryError `overloaded`, `timeout`, `unavailable`, `storage_failed` (no such store, no
 * permission), `too_large`.
 *
 * @example
 * await objects.put('exports/a.csv', { file: '/tmp/a.csv' })
 * const text = (await objects.get('exports/a.csv'))?.toString()
 */
export type Objects = {
  /** Stores an object, in place of one under that key; durable when it resolves. Repeating it is harmless. */
  put(key: string, content: ObjectContent): Promise<void>
  /**
   * The content of an object, undefined where there is none. For small ones: it is held in memory.
   * @throws `too_large` beyond 64 MiB; download such an object into a file
   */
  get(key: string): Promise<Buffer | undefined>
  /**
   * Objects whose keys begin with a prefix, by key (UTF-8 bytes). @throws `too_large` when there are more
   * than all.
   */
  list(prefix: string, options?: ListOptions): Promise<readonly ListedObject[]>
  /** Removes objects; keys of none are passed over. */
  remove(keys: readonly string[]): Promise<void>
  /** Stores a copy of an object without moving its bytes through here. @throws `not_found` */
  copy(from: string, to: string): Promise<void>
}
