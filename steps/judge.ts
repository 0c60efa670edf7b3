import type { Acceptor } from '../core/event/accept.ts'
import type { Accepted } from '../core/event/record.ts'
import type { Texts } from '../core/json/sent-json.ts'

/** A rejected event, as it is kept; its sender is told all but `type` and `event`. */
export type Rejection = {
  /** Position in the request. */
  readonly index: number
  readonly id: string | null
  readonly code: string
  readonly detail: string
  readonly type: string | undefined
  /** JSON text of the event. */
  readonly event: string
}

/** What the events of a request are worth, decided without any I/O; it goes from thread to thread. */
export type Judged = { readonly accepted: readonly Accepted[]; readonly rejections: readonly Rejection[] }

/** Decides about the events of a request: parsed JSON, and the canonical texts of those that were sent so. */
export function judge(accept: Acceptor, events: readonly unknown[], texts: Texts): Judged {
  const accepted: Accepted[] = []
  const rejections: Rejection[] = []
  for (let index = 0; index < events.length; index++) {
    const event = events[index]
    const verdict = accept(event, index, texts[index])
    if (verdict.kind === 'accepted') accepted.push(verdict.accepted)
    else {
      const { id = null, type, rejection } = verdict
      rejections.push({ index, id, type, ...rejection, event: eventText(event) })
    }
  }
  return { accepted, rejections }
}

/** The event as JSON text; numbers that a double would alter are in it as they were sent. */
function eventText(event: unknown): string {
  try {
    return JSON.stringify(event)
  } catch (error) {
    if (error instanceof RangeError) return '"(nested too deeply to be kept)"'
    throw error
  }
}
