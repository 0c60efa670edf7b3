/** What is known of one group of an alert. */
export type GroupState = {
  /** Canonical text, as views have it. */
  readonly group: string
  readonly state: 'ok' | 'pending' | 'firing'
  /** Windows in a row that were of concern. */
  readonly breaches: number
  /** Start of the first of them, ms since 1970; undefined while there is none. */
  readonly since: number | undefined
  /** Of the newest window that was judged. */
  readonly value: number | null
  /** Windows in a row without an event of the group. */
  readonly unseen: number
  /** Whether a message has said that it fires. */
  readonly isTold: boolean
}

/** Messages are held back until then. */
export type Silence = {
  /** ms since 1970. */
  readonly until: number
  readonly by: string
  readonly why: string
  readonly at: number
}

/** Everything that is kept of an alert between two windows. */
export type AlertRecord = {
  readonly alert: string
  /** Of the declaration that it was judged by. */
  readonly digest: string
  /** End of the newest window that was judged, ms since 1970. */
  readonly through: number
  /** When that was, ms since 1970; undefined before the first. */
  readonly judgedAt: number | undefined
  readonly groups: readonly GroupState[]
  /** Groups of the newest window beyond the most that are judged. */
  readonly leftOut: number
  readonly silence: Silence | undefined
}

/** Why something happened that no verdict alone explains. */
export type Reason = 'changed' | 'forgotten' | 'behind'

/** A change of a group's state, made by the verdict on one window. */
export type Transition = {
  readonly kind: 'pending' | 'firing' | 'resolved' | 'calm'
  readonly group: string
  /** Start of the window, ms since 1970. */
  readonly window: number
  readonly end: number
  /** Start of the first window of concern. */
  readonly since: number
  readonly value: number | null
  /** What the value was compared with, of a change. */
  readonly before?: number | null
  readonly reason?: Reason
}

/** What happened to an alert. `at`: ms since 1970. */
export type HistoryEntry = { readonly at: number } & (
  | Transition
  | { readonly kind: 'begun' | 'unsilenced'; readonly by?: string }
  | { readonly kind: 'skipped'; readonly from: number; readonly to: number; readonly reason: Reason }
  | { readonly kind: 'silenced'; readonly by: string; readonly why: string; readonly until: number }
  | {
      readonly kind: 'sent' | 'failed' | 'dropped'
      readonly destination: string
      /** Id of the message. */
      readonly message: string
      readonly group: string
      /** Why it was not sent. */
      readonly detail?: string
    }
)

/** A record of an alert that has not been judged yet: it begins with the window that is going on. */
export function newRecord(
  alert: { readonly name: string; readonly digest: string },
  through: number,
): AlertRecord {
  return {
    ...{ alert: alert.name, digest: alert.digest, through, judgedAt: undefined },
    ...{ groups: [], leftOut: 0, silence: undefined },
  }
}

/** Whether messages are held back. */
export function isSilenced({ silence }: AlertRecord, now: number): boolean {
  return silence !== undefined && now < silence.until
}
