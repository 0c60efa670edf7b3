/** A record of the stream as it was delivered, whole. */
export type FailedRecord = {
  /** Padded sequence number. */
  readonly sequence: string
  readonly partition: number
  /** When the stream took the record, ms since 1970. */
  readonly arrival: number
  /** Newline-terminated JSON lines. */
  readonly data: string
}

/**
 * `retries_exhausted`: the consumer failed as often as its retries allow. `record_too_old`: the record
 * outlived the consumer's maximum age. `unreadable`: the consumer found that no retry can help.
 * `unknown_type`: it is of an event type that the consumer does not know, and is held until one does.
 */
export type FailureReason = 'retries_exhausted' | 'record_too_old' | 'unreadable' | 'unknown_type'

/** Why records could not be consumed. */
export type Failure = {
  readonly consumer: string
  readonly reason: FailureReason
  /** The last error, in words. */
  readonly detail: string
  /** How often the records had been delivered. */
  readonly deliveries: number
}

/** One record that was given up, with the reason and the time, ms since 1970. */
export type DeadLetter = FailedRecord & Failure & { readonly failedAt: number }

/**
 * Where a stream consumer leaves the records it gives up: its on-failure destination.
 *
 * @example
 * await deadLetters.put(records, { consumer: 'speed', reason: 'unreadable', detail: 'not JSON', deliveries: 1 })
 */
export type DeadLetters = {
  /**
   * Keeps records whole; resolves once they are durable. A consumer that crashes between this and its
   * checkpoint puts them again, so a sequence number may be listed twice.
   * @throws `storage_failed` when they cannot be kept, `overloaded` when the store is full; the consumer must
   * not go on.
   */
  put(records: readonly FailedRecord[], failure: Failure): Promise<void>
  /** At most `limit` (1 … 1000) dead letters, newest first. */
  list(limit: number): Promise<readonly DeadLetter[]>
}
