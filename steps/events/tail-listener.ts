import { eventText, HEARTBEAT, retryText } from '../../core/api/event-stream.ts'
import { problemBody } from '../../core/api/problem-body.ts'
import type { TributaryError } from '../../core/errors.ts'
import type { Outlet } from '../follow/follower.ts'
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
/** Something that is written at least so often, ms. */
const BEAT_MS = 15_000
/** Longest time that a listener may take to take what was written, ms. */
const WRITE_TIMEOUT = 30_000
const RETRY_MS = 2000

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
  let toldAt = now()
  let isBehind = !outlet.write(retryText(RETRY_MS))
  outlet.onReady(() => {
    isBehind = false
  })

  function write(text: string): void {
    toldAt = now()
    if (!outlet.write(text)) isBehind = true
  }

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
      if (isBehind) {
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
    /** Tells that the platform is there, and ends who takes nothing. */
    beat(): void {
      const silent = now() - toldAt
      if (isBehind && silent > WRITE_TIMEOUT) outlet.destroy()
      else if (!isBehind && silent > BEAT_MS) write(HEARTBEAT)
    },
    /** Says why it ends. */
    end(why: TributaryError): void {
      outlet.write(eventText('end', JSON.stringify(problemBody(why))))
      outlet.end()
    },
  }
}
