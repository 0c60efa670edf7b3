/** A record of the stream as it was stored. */
export type StoredRecord = {
  /** Padded sequence number. */
  readonly sequence: string
  /** Where it stands in its part of the stream, in the stream's own words. */
  readonly place: string
  readonly partition: number
  /** Newline-terminated JSON lines. */
  readonly data: string
}

/** What one read of the stream gave. */
export type StoredBatch = {
  /** The part of the stream that it is of, and the last place in it that the batch reaches. */
  readonly shard: string
  readonly last: string
  readonly records: readonly StoredRecord[]
  /** Records that are not of the platform's making. */
  readonly unreadable: number
}

/** How far each part of the stream has been read: its name → the place of the last record. */
export type Places = Readonly<Record<string, string>>

export type ReadRequest = {
  /** Records that arrived at or after this instant, ms since 1970. */
  readonly from: number
  /** A shard is read until it gives a record that arrived after this instant, ms since 1970; open: all. */
  readonly to?: number
  /** Parts of the stream that go on after a place. */
  readonly after?: Places
  /** Ends the read early; it then rejects with the signal's reason. */
  readonly signal: AbortSignal
}

/**
 * Reads the stream once more, beside its consumers.
 *
 * @example
 * await reader.read({ from: epoch, signal }, ({ records }) => apply(records))
 */
export type StreamReader = {
  /** Records that arrived after this instant can be read, ms since 1970. */
  keptSince(): Promise<number>
  /**
   * Gives every record from an instant on, through the last one that the stream holds when this begins or a
   * later one, or through `to` and perhaps some more. Batches that share a partition come one after another
   * in the order of the stream, each once `each` has resolved for the one before; others may come at the same
   * time.
   *
   * @throws TributaryError `overloaded`, `unavailable`, `timeout`, `storage_failed`; what `each` throws
   */
  read(request: ReadRequest, each: (batch: StoredBatch) => Promise<void>): Promise<void>
}
