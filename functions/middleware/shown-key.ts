import type { HttpEvent } from './http.ts'
import { queryOf, single } from './query-string.ts'

/** The route of beacons, which cannot send headers: alone there a key stands in the address. */
export const BEACON = 'POST /v1/beacon'

export function isBeacon({ routeKey }: Pick<HttpEvent, 'routeKey'>): boolean {
  return routeKey === BEACON
}

/**
 * The key that a request shows: in its header, or in the address of a beacon. Undefined: none.
 *
 * @throws TributaryError `bad_request` where an address has two
 */
export function shownKey(event: HttpEvent): string | undefined {
  return isBeacon(event) ? single(queryOf(event), 'key') : bearerOf(event.headers['authorization'])
}

const BEARER = 'Bearer '

/** The secret of an `Authorization` header (RFC 6750 section 2.1); undefined where it carries none. */
export function bearerOf(header: string | undefined): string | undefined {
  if (header === undefined || !isBearer(header)) return undefined
  return header.slice(BEARER.length).trim()
}

/** Nearly everybody writes it as the RFC does. */
function isBearer(header: string): boolean {
  return header.startsWith(BEARER) || header.slice(0, BEARER.length).toLowerCase() === BEARER.toLowerCase()
}
