import { eventText } from '../../core/api/event-stream.ts'
import { createConnection, type Outlet } from '../follow/connection.ts'
import type { Listed } from './list-events.ts'

/** What somebody who watches events wants to see. */
export type Watch = {
  readonly types: readonly string[]
  readonly isWanted: (one: Listed) => boolean
  /** As the caller may see it. */
  readonly show: (one: Listed) => unknown
}

/** Events that are sent to one listener at a time; of more they are told how many there were. */
const MOST_AT_ONCE = 50
export type TailListener = ReturnType<typeof createTailListener>

/**
 * A listener is never given more than it takes: while it takes nothing, events are counted for it and not
 * kept. `leftOut`: events that it wanted; `skipped`: events that nobody looked at.
 */
export function createTailListener(
  { outlet, stillMay }: { readonly outlet: Outlet; readonly stillMay: () => void },
  { types, isWanted, show }: Watch,
  now: () => number,
) {
  let leftOut = 0
  let skipped = 0
  const { write, isBehind, beat, end } = createConnection(outlet, now)

  return {
    types: new Set(types),
    isWanted,
    stillMay,
    skip(count: number): void {
      skipped += count
    },
    /** Newest last. */
    tell(all: readonly Listed[]): void {
      const wanted = all.filter(isWanted)
      if (isBehind()) {
        leftOut += wanted.length
        return
      }
      if (wanted.length === 0 && skipped === 0) return
      const sent = wanted.slice(-MOST_AT_ONCE)
      leftOut += wanted.length - sent.length
      write(eventText('events', JSON.stringify({ events: sent.map(show), leftOut, skipped })))
      leftOut = 0
      skipped = 0
    },
    beat,
    end,
  }
}
