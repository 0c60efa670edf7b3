import type { Acceptor } from '../core/event/accept.ts'
import { type EventsRequest, readEventsRequest } from '../core/event/cloudevents-http.ts'
import type { CloudEvent } from '../core/event/event.ts'
import type { Accepted } from '../core/event/record.ts'
import { isObject } from '../core/json/is-object.ts'
import type { Texts } from '../core/json/sent-json.ts'
import { type Numbered, numberOf } from '../core/memory/sequences.ts'

/** A rejected event, as it is kept; its sender is told all but `type`, `place` and `event`. */
export type Rejection = {
  /** Position in the request. */
  readonly index: number
  readonly id: string | null
  readonly code: string
  readonly detail: string
  /** Where it is wrong, as a JSON pointer into the event; not given: the event as a whole. */
  readonly place?: string
  readonly type: string | undefined
  /** JSON text of the event. */
  readonly event: string
}

/** What the events of a request are worth, decided without any I/O; it goes from thread to thread. */
export type Judged = {
  readonly accepted: readonly Accepted[]
  readonly rejections: readonly Rejection[]
  /** Events, rejected ones too, that have a number in their source. */
  readonly numbered?: readonly Numbered[]
}

/**
 * Reads a request of events and decides about each.
 *
 * @throws TributaryError `bad_request`, `unsupported_media_type`, `too_large`
 */
export function judgeRequest(accept: Acceptor, request: EventsRequest): Judged {
  const { events, texts } = readEventsRequest(request)
  return judge(accept, events, texts)
}

/** Decides about the events of a request: parsed JSON, and the canonical texts of those that were sent so. */
export function judge(accept: Acceptor, events: readonly unknown[], texts: Texts): Judged {
  const accepted: Accepted[] = []
  const rejections: Rejection[] = []
  const numbered: Numbered[] = []
  for (let index = 0; index < events.length; index++) {
    const event = events[index]
    const verdict = accept(event, index, texts[index])
    if (verdict.kind === 'accepted') accepted.push(verdict.accepted)
    else {
      const { id = null, type, rejection } = verdict
      rejections.push({ index, id, type, ...rejection, event: eventText(event) })
    }
    const number = isObject(event) ? numberOf(event) : undefined
    if (number !== undefined) numbered.push({ index, source: (event as CloudEvent).source, number })
  }
  return { accepted, rejections, ...(numbered.length > 0 && { numbered }) }
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
