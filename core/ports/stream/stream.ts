/**
 * The ordered, partitioned stream between ingest and its consumers.
 *
 * Order is kept per partition. A record is one unit of delivery: newline-delimited events of one partition,
 * one event type and one epoch.
 */
export type StreamRecord = {
  /** Logical partition, 0 … N−1. */
  readonly partition: number
  /** Event type of every event in the record. */
  readonly type: string
  /** Epoch (start, ms since 1970) of every event in the record. */
  readonly epoch: number
  /** Events in the record. */
  readonly count: number
  /** Newline-terminated JSON lines, UTF-8. */
  readonly data: string
}

/**
 * What became of one record of a `put`: stored durably, or refused and safe to send again.
 *
 * `reason` says why, for people (core/refusals.ts), but for one: `epoch_closed` means that the record's epoch
 * takes no more events, so its events must be stamped with the current epoch before they are put again (which
 * they may be at once).
 */
export type PutOutcome =
  | { readonly kind: 'stored' }
  | { readonly kind: 'refused'; readonly reason: string; readonly retryAfterSeconds: number }

/**
 * The producing end.
 *
 * @example
 * const [outcome] = await stream.put([{ partition: 7, type, epoch, count: 2, data: line + line }])
 * if (outcome.kind === 'refused') answer503(outcome.retryAfterSeconds)
 */
export type Stream = {
  /**
   * Stores records; outcomes are positional. Resolves only when every `stored` record is durable. Records of
   * one call that share a partition keep their order, and calls made one after another (even before the first
   * resolves) too. Never throws for capacity: that is a `refused` outcome.
   */
  put(records: readonly StreamRecord[]): Promise<readonly PutOutcome[]>
}
