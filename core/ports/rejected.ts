/** An event that failed its contract: kept whole, with the reason. */
export type RejectedEvent = {
  /** Unique id of this rejection. Sorts by time. */
  readonly receipt: string
  /** ms since 1970. */
  readonly receivedAt: number
  /** What is known of the event; undefined where it could not be read. */
  readonly type: string | undefined
  readonly id: string | undefined
  readonly code: string
  readonly detail: string
  /** The event as received, JSON text. */
  readonly event: string
}

/** A rejection as a list gives it: with whether it has been replayed. */
export type ListedRejection = RejectedEvent & { readonly replayed: boolean }

export type RejectedQuery = {
  readonly type?: string
  /** Received at or after, ms since 1970. */
  readonly from?: number
  /** Opaque cursor from an earlier answer. */
  readonly after?: string
  /** At most this many (1 … 1000). */
  readonly limit: number
}

/** The store of rejected events. */
export type Rejected = {
  /** Keeps events; resolves when they are durable. */
  put(events: readonly RejectedEvent[]): Promise<void>
  /** Oldest first. `next` is the cursor for the rest, undefined at the end. */
  list(
    query: RejectedQuery,
  ): Promise<{ readonly events: readonly ListedRejection[]; readonly next: string | undefined }>
  /** Marks rejections as replayed, so that a further replay leaves them out; they stay listed with `list`. */
  markReplayed(receipts: readonly string[]): Promise<void>
}
