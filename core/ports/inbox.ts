/** A file somebody has put into the inbox. */
export type InboxFile = {
  /** Path within the inbox, as in `shop/orders.ndjson.gz`. */
  readonly name: string
  /** Stored bytes. */
  readonly bytes: number
  /** Changes whenever the content does. */
  readonly version: string
  /** When it was written, or moved here, ms since 1970. */
  readonly writtenAt: number
}

/** Where a file goes when it has been taken in (`done`), or cannot be read. */
export type InboxPlace = 'done' | 'failed'

/**
 * Files of events that wait to be taken in.
 *
 * Errors: TributaryError `storage_failed`, `unavailable`, `timeout`, `overloaded`.
 *
 * @example
 * for (const file of await inbox.list(1000)) {
 *   for await (const bytes of inbox.read(file, 0)) take(bytes)
 *   await inbox.move(file, { place: 'done', day: '2026-11-21' })
 * }
 */
export type Inbox = {
  /**
   * The first files by name. Files whose names begin with a dot, and those in such folders, are their
   * writers' own.
   */
  list(limit: number): Promise<readonly InboxFile[]>
  /**
   * The content from a byte on; that of a name ending in `.gz` inflated, and the byte counted after
   * inflating.
   *
   * @throws `corrupt_data` where it cannot be inflated; `conflict` where the file has changed or is gone;
   * `too_large` where it does not fit the disk it is read from
   */
  read(file: InboxFile, from: number): AsyncIterable<Uint8Array>
  /**
   * Moves a file out of the inbox, to `inbox-done/<day>/<name>` or `inbox-failed/<day>/<name>`, there with
   * the reason beside it as `<name>.reason`. False where the file has changed or is gone: it is left as it
   * is.
   */
  move(
    file: InboxFile,
    to: { readonly place: InboxPlace; readonly day: string; readonly reason?: string },
  ): Promise<boolean>
}
