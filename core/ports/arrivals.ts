import type { DeliveredLines } from './ledger.ts'

/** What an arrival came to. */
export type SplitArrival = {
  readonly lines: readonly DeliveredLines[]
  /**
   * Lines that are no received events, and stretches of bytes that are no lines: kept under
   * `failed/unreadable`.
   */
  readonly unreadable: number
}

/**
 * Arrivals: the objects in which the stream's records come to the lake, all types and epochs mixed.
 *
 * Errors: TributaryError of the objects they are kept in (`storage_failed`, `unavailable`, `timeout`, …).
 */
export type Arrivals = {
  /**
   * Writes the lines of an arrival to the raw lake, an object for each type and epoch. Durable when it
   * resolves; doing it again writes the same objects. An arrival cut short by a failure leaves some of them.
   */
  split(arrival: string): Promise<SplitArrival>
  /** Marks an arrival as delivered. */
  finish(arrival: string): Promise<void>
  /**
   * Arrivals without that mark that came in the hours (UTC) from one instant to another (ms since 1970, both
   * hours included), oldest hour first.
   */
  unfinished(from: number, to: number): Promise<readonly string[]>
}
