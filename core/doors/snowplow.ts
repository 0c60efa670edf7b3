import { isObject } from '../json/is-object.ts'
import { parseJson } from '../json/json.ts'
import type { Door, DoorRequest, Item } from './door.ts'
import { readBody } from './read-body.ts'

/**
 * Snowplow's tracker protocol, version 2, by POST: `{"schema":"iglu:…","data":[{"e":"ue",…}]}`. Trackers look
 * at the status of an answer alone; for anything but 200 they send a batch again, or drop it.
 */
export const snowplow: Door = {
  shape: 'snowplow',
  client: 'snowplow',
  read: readSnowplow,
  answer: ({ accepted, rejected }) => ({ body: { ok: true, accepted, rejected } }),
}

function readSnowplow(request: DoorRequest): readonly Item[] {
  const body = readBody(request)
  const data = isObject(body) ? body['data'] : undefined
  return Array.isArray(data) ? data.map((one: unknown) => itemOf(one)) : [itemOf(body)]
}

/** The pairs as they were sent, and beside them what is JSON inside of them, in plain or in base64. */
function itemOf(pairs: unknown): Item {
  if (!isObject(pairs)) return { value: pairs, refused: { code: 'not_an_event', detail: NO_PAIRS } }
  const event = inside(pairs, 'ue_pr', 'ue_px')
  const contexts = inside(pairs, 'co', 'cx')
  const value = {
    ...pairs,
    ...(isObject(event) && { event: event['data'] }),
    ...(isObject(contexts) && { contexts: contexts['data'] }),
  }
  return { value, id: pairs['eid'], time: instantOf(pairs['ttm'] ?? pairs['dtm']) }
}

const NO_PAIRS = 'an event is an object of pairs such as {"e":"se","eid":"…","dtm":"…"}, in the list "data"'

function inside(pairs: Readonly<Record<string, unknown>>, plain: string, encoded: string): unknown {
  const base64 = pairs[encoded]
  const text = typeof base64 === 'string' ? Buffer.from(base64, 'base64url').toString('utf8') : pairs[plain]
  if (typeof text !== 'string') return undefined
  try {
    return parseJson(text)
  } catch {
    // It stays what it was sent as: no rule finds the event in it, and it is kept with that as the reason.
    return undefined
  }
}

/** Milliseconds since 1970, as a text, to an instant. */
function instantOf(ms: unknown): unknown {
  const date = new Date(typeof ms === 'string' && ms !== '' ? Number(ms) : Number.NaN)
  return Number.isNaN(date.getTime()) ? ms : date.toISOString()
}
