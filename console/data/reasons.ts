import type { RejectedEvents } from './api.ts'

export type Rejection = RejectedEvents['events'][number]

/** Rejections of one reason. */
export type Reason = {
  readonly id: string
  readonly type: string | null
  readonly code: string
  readonly detail: string
  /** Oldest first. */
  readonly events: readonly Rejection[]
  /** Of them those that have not been accepted since. */
  readonly open: number
}

/** Rejections by type, code and words, the most frequent reason first. */
export function byReason(events: readonly Rejection[]): readonly Reason[] {
  const reasons = Map.groupBy(events, ({ type, code, detail }) => JSON.stringify([type, code, detail]))
  return [...reasons]
    .map(([id, own]) => {
      const { type, code, detail } = own[0]!
      return { id, type, code, detail, events: own, open: own.filter(one => !one.replayed).length }
    })
    .sort((a, b) => b.open - a.open || b.events.length - a.events.length)
}
