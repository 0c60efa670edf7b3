import { TributaryError } from '../errors.ts'
import { BATCH, type EventsRequest, MAX_EVENTS } from '../event/cloudevents-http.ts'
import { MAX_DEPTH } from '../event/event.ts'
import type { Door, DoorRequest, Item, Refused } from './door.ts'
import type { Mapping } from './mapping.ts'
import { jsonText } from './read-body.ts'

/** A request of a door as one of events, and what the events of it are that could not be made. */
export type Translated = {
  readonly request: EventsRequest
  readonly sent: DoorRequest
  /** By the event's place in `request`, where an empty event stands for it. */
  readonly refused: ReadonlyMap<number, Refused & { readonly item: Item }>
  /** Place of each event among the items that were sent. */
  readonly places: readonly number[]
}

/**
 * Makes a request of a door into a batch of events, one for each item that is not ignored.
 *
 * @throws TributaryError `bad_request` (nothing of it can be read), `too_large` (over 10,000 items)
 */
export function translate(door: Door, request: DoorRequest, mapping: Mapping): Translated {
  const items = readItems(door, request)
  if (items.length > MAX_EVENTS)
    throw new TributaryError(
      'too_large',
      `the batch has ${items.length} events; at most ${MAX_EVENTS} go in one request`,
    )
  const events: string[] = []
  const places: number[] = []
  const refused = new Map<number, Refused & { readonly item: Item }>()
  items.forEach((item, place) => {
    const mapped = mapping(item)
    if (mapped.kind === 'ignored') return
    const text = mapped.kind === 'event' ? jsonText(mapped.event) : 'null'
    if (mapped.kind === 'refused') refused.set(events.length, { ...mapped.refused, item })
    if (text === undefined) refused.set(events.length, { code: 'too_deep', detail: TOO_DEEP, item })
    events.push(text ?? 'null')
    places.push(place)
  })
  const headers = { 'content-type': BATCH }
  return { request: { headers, body: `[${events.join(',')}]` }, sent: request, refused, places }
}

/** Longest body of a door: more than its clients send at once, and it is read where it comes in. */
const LONGEST = 2 * 1024 * 1024

const TOO_DEEP = `nesting is limited to ${MAX_DEPTH} levels`

function readItems(door: Door, request: DoorRequest): readonly Item[] {
  if (request.body.length > LONGEST)
    throw new TributaryError(
      'too_large',
      `a body is limited to ${LONGEST} bytes here; send fewer events at once`,
    )
  try {
    return door.read(request)
  } catch (cause) {
    if (cause instanceof RangeError) throw new TributaryError('bad_request', TOO_DEEP, { cause })
    throw cause
  }
}
