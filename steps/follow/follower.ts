import { eventText, HEARTBEAT, retryText } from '../../core/api/event-stream.ts'
import { problemBody } from '../../core/api/problem-body.ts'
import type { TributaryError } from '../../core/errors.ts'
import type { Question } from './question.ts'

/** Where the events of one reader go. */
export type Outlet = {
  /** Takes bytes; false: no more, please, until it is ready again. */
  write(bytes: Uint8Array | string): boolean
  onReady(ready: () => void): void
  onClose(closed: () => void): void
  /** Ends after what was written. */
  end(): void
  /** Ends now. */
  destroy(): void
}

/** Something that is written at least so often, ms. */
const BEAT_MS = 15_000
/** Longest time that a reader may take to take what was written, ms. */
const WRITE_TIMEOUT = 30_000
/** When a reader that lost its connection comes back, ms. */
const RETRY_MS = 2000

/** One who follows a question. */
export type Follower = ReturnType<typeof createFollower>

/**
 * A reader is never given more than it takes: while it does not, nothing is written, and afterwards the
 * changes that it missed, or the whole answer where they are kept no longer. So what waits for it is one
 * answer at most.
 *
 * @param since version that the reader has already
 * @param stillMay throws where the reader's key is worth nothing any more
 */
export function createFollower(
  { outlet, since, stillMay }: { outlet: Outlet; since: number | undefined; stillMay: () => void },
  question: Question,
  now: () => number,
) {
  let version = since
  let toldAt = now()
  let isBehind = !outlet.write(retryText(RETRY_MS))

  function write(bytes: Uint8Array | string): void {
    toldAt = now()
    if (!outlet.write(bytes)) isBehind = true
  }

  function catchUp(): void {
    if (isBehind) return
    for (const bytes of question.eventsSince(version)) write(bytes)
    version = question.version()
  }
  outlet.onReady(() => {
    isBehind = false
    catchUp()
  })
  catchUp()

  return {
    catchUp,
    stillMay,
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
