/** A file somebody has put into the inbox. */
export type InboxFile = {
  /**
   * Path within the inbox, as in `shop/orders.ndjson.gz`. Bytes that are no UTF-8 are shown
   * percent-encoded.
   */
  readonly name: string
  /** Stored bytes. */
  readonly bytes: number
  /** Changes whenever the content does. */
  readonly version: string
  /** When it was written, or moved here, by the clock of the storage, ms since 1970. */
  readonly writtenAt: number
}

/** Where a file goes when it has been taken in (`done`), or cannot be read. */
export type InboxPlace = 'done' | 'failed'

/**
 * What is remembered of a file until it has left the inbox, whichever run deals with it: what was sent of it
 * is not sent again, however late, as ids are remembered for a time only.
 */
export type InboxNote = {
  /** The byte to go on from: lines before it were sent. */
  readonly offset: number
  /** Of the lines that are sent together from there on, those that are still to be sent; undefined: all. */
  readonly open?: readonly number[]
  /** How often it was begun since something of it was sent, and when last (ms): it may be what ends them. */
  readonly tries: number
  readonly triedAt: number
  /** All of it was sent: it only has to be moved. */
  readonly isSent: boolean
}

/**
 * Files of events that wait to be taken in.
 *
 * Errors: TributaryError. `unavailable`, `timeout`, `overloaded`: of the storage, for now. All others,
 * where a file is read or moved, are of that file, and say nothing about the next one.
 *
 * @example
 * for (const file of await inbox.list(1000)) {
 *   for await (const bytes of inbox.read(file, 0)) take(bytes)
 *   await inbox.move(file, { place: 'done', day: '2026-11-21' })
 * }
 */
export type Inbox = {
  /**
   * The first files by name, of those after one where it is given; fewer than `limit` are all. Files whose
   * names begin with a dot, and those in such folders, are their writers' own. What is there and no file
   * (a symbolic link, a folder that cannot be looked into) is listed too, and cannot be read.
   */
  list(limit: number, after?: string): Promise<readonly InboxFile[]>
  /**
   * The content from a byte on; that of a name ending in `.gz` inflated, and the byte counted after
   * inflating.
   *
   * @throws `corrupt_data` where it cannot be inflated or is no file; `conflict` where it has changed or
   * is gone; `too_large` where it does not fit the disk it is read from; `storage_failed` where it may
   * not be read, or not be moved away afterwards
   */
  read(file: InboxFile, from: number): AsyncIterable<Uint8Array>
  /**
   * Moves a file out of the inbox, to `inbox-done/<day>/<name>` or `inbox-failed/<day>/<name>`, there with
   * the reason beside it as `<name>.reason`. A name that is taken is numbered, one that is too long is
   * cut: nothing is ever replaced. What was noted of it is forgotten. False where the file has changed or is
   * gone: it is left as it is.
   */
  move(
    file: InboxFile,
    to: { readonly place: InboxPlace; readonly day: string; readonly reason?: string },
  ): Promise<boolean>
  /** What was noted of a file; undefined where nothing was, or the file has changed since. */
  noted(file: InboxFile): Promise<InboxNote | undefined>
  /** Notes something of a file, in place of what was noted before; durable when it resolves. */
  note(file: InboxFile, note: InboxNote): Promise<void>
}
