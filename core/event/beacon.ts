import { withoutMark } from '../json/json.ts'
import { BATCH, type EventsRequest, STRUCTURED } from './cloudevents-http.ts'

/**
 * What pages send with `navigator.sendBeacon`, which sets no headers: a text is `text/plain`, bytes have no
 * type, and a Blob of JSON is `application/json`.
 */
const OF_PAGES: ReadonlySet<string> = new Set(['', 'text/plain', 'application/json'])

/** A request of a beacon as one of events: an array is a batch, anything else one event. */
export function beaconRequest(request: EventsRequest): EventsRequest {
  const { headers, body } = request
  const [mediaType = '', ...parameters] = (headers['content-type'] ?? '').split(';')
  if (!OF_PAGES.has(mediaType.trim().toLowerCase()) || headers['ce-id'] !== undefined) return request
  const type = withoutMark(body).trimStart().startsWith('[') ? BATCH : STRUCTURED
  return { headers: { ...headers, 'content-type': [type, ...parameters].join(';') }, body }
}
