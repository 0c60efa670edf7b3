import type { AlertRecord, HistoryEntry } from '../../alerts/alert-record.ts'
import type { AlertMessage } from '../../alerts/message.ts'

/** A message on its way to one destination. */
export type OutboxEntry = {
  /** Orders the messages of a destination; unique in it. */
  readonly number: number
  /** As `destinationId` names it. */
  readonly destination: string
  readonly message: AlertMessage
  readonly attempts: number
  /** ms since 1970. */
  readonly queuedAt: number
  /** Not before, ms since 1970. */
  readonly nextAt: number
}

/** What changes together: all of it is durable, or none. */
export type AlertChange = {
  /** The alert as it is now. */
  readonly record?: AlertRecord
  readonly history?: readonly HistoryEntry[]
  /** Messages to send, each to one destination. */
  readonly outbox?: readonly Omit<OutboxEntry, 'number'>[]
  /** A message that is tried again later. */
  readonly later?: OutboxEntry
  /** A message that is over: sent, or given up. */
  readonly over?: Pick<OutboxEntry, 'destination' | 'number'>
  /** An alert that is no longer declared: its record and its history go. */
  readonly removed?: string
}

/** An entry of an alert's history under its number. */
export type NumberedEntry = HistoryEntry & { readonly number: number }

/** Which part of a history: `before` a number, the newest first. */
export type HistoryQuery = { readonly before?: number; readonly limit: number }

/**
 * Where alerts keep what they have judged and what is to be sent.
 *
 * Errors: TributaryError of the store, `corrupt_data`.
 */
export type AlertStore = {
  /** Every alert by name. */
  records(): Promise<ReadonlyMap<string, AlertRecord>>
  /** Makes a change of an alert durable, all of it at once. */
  commit(change: AlertChange & { readonly alert: string }): Promise<void>
  history(alert: string, query: HistoryQuery): Promise<readonly NumberedEntry[]>
  /** The first message of each destination, and how many each has. */
  waiting(): Promise<readonly { readonly first: OutboxEntry; readonly count: number }[]>
  /** Drops entries of histories that are older, ms since 1970, and those beyond a number for each alert. */
  forget(before: number, most: number): Promise<void>
}
