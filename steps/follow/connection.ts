import { eventText, HEARTBEAT, retryText } from '../../core/api/event-stream.ts'
import { problemBody } from '../../core/api/problem-body.ts'
import type { TributaryError } from '../../core/errors.ts'

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

/** Server-sent events to one reader, who sees that somebody is there and is let go where it takes nothing. */
export type Connection = ReturnType<typeof createConnection>

/** @param ready called whenever the reader takes more, after it had enough */
export function createConnection(outlet: Outlet, now: () => number, ready: () => void = () => undefined) {
  let toldAt = now()
  let isBehind = !outlet.write(retryText(RETRY_MS))
  outlet.onReady(() => {
    isBehind = false
    ready()
  })

  function write(bytes: Uint8Array | string): void {
    toldAt = now()
    if (!outlet.write(bytes)) isBehind = true
  }

  return {
    write,
    /** Whether it has not yet taken what was written. */
    isBehind: () => isBehind,
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
