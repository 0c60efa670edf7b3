import { TributaryError } from '../errors.ts'
import { BATCH, type EventsRequest, MAX_EVENTS } from '../event/cloudevents-http.ts'
import type { Door, DoorRequest, Item, Refused } from './door.ts'
import type { Mapping } from './mapping.ts'

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
  const items = door.read(request)
  if (items.length > MAX_EVENTS)
    throw new TributaryError(
      'too_large',
      `the batch has ${items.length} events; at most ${MAX_EVENTS} go in one request`,
    )
  const events: unknown[] = []
  const places: number[] = []
  const refused = new Map<number, Refused & { readonly item: Item }>()
  items.forEach((item, place) => {
    const mapped = mapping(item)
    if (mapped.kind === 'ignored') return
    if (mapped.kind === 'refused') refused.set(events.length, { ...mapped.refused, item })
    events.push(mapped.kind === 'event' ? mapped.event : null)
    places.push(place)
  })
  const headers = { 'content-type': BATCH }
  return { request: { headers, body: JSON.stringify(events) }, sent: request, refused, places }
}
