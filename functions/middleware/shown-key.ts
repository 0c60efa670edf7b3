import { doorOf, type KeyPlace } from '../../core/doors/table.ts'
import type { HttpEvent } from './http.ts'
import { queryOf, single } from './query-string.ts'

/** The route of beacons, which cannot send headers: their key stands in the address. */
export const BEACON = 'POST /v1/beacon'

export function isBeacon({ routeKey }: Pick<HttpEvent, 'routeKey'>): boolean {
  return routeKey === BEACON
}

/** Whether a key stands in the address, which logs keep: it is a browser's, or worth nothing. */
export function isKeyInAddress({ routeKey }: Pick<HttpEvent, 'routeKey'>): boolean {
  return routeKey === BEACON || doorOf(routeKey)?.key === 'path'
}

/**
 * The key that a request shows: in its header, in the address of a beacon, or where the clients of a door
 * have it. Undefined: none.
 *
 * @throws TributaryError `bad_request` where an address has two
 */
export function shownKey(event: HttpEvent): string | undefined {
  if (isBeacon(event)) return single(queryOf(event), 'key')
  return keyOutsideQuery(event)
}

/** What is looked at of a request to find its key in headers and path. */
type Asked = {
  readonly routeKey?: string
  readonly headers?: Readonly<Record<string, string | undefined>>
  readonly pathParameters?: Readonly<Record<string, string | undefined>> | null
}

/** The key in the headers or the path of a request; undefined: none. */
export function keyOutsideQuery({ routeKey = '', headers = {}, pathParameters }: Asked): string | undefined {
  const place = doorOf(routeKey)?.key
  if (place === 'path') return pathParameters?.['key']
  const { authorization } = headers
  const bearer = bearerOf(authorization)
  return bearer !== undefined || place === undefined ? bearer : KEY_AT[place](headers)
}

/** Where clients have their key that send no bearer token. */
const KEY_AT: Readonly<
  Record<Exclude<KeyPlace, 'path'>, (headers: NonNullable<Asked['headers']>) => string | undefined>
> = {
  basic: ({ authorization }) => userOf(authorization),
  writeKey: headers => afterColon(headers['x-write-key']),
}

/** The user of basic authentication (RFC 7617); others' SDKs send a key so, without a password. */
function userOf(authorization: string | undefined): string | undefined {
  const encoded = /^basic +([\w+/=-]+)$/i.exec(authorization ?? '')?.[1]
  if (encoded === undefined) return undefined
  return Buffer.from(encoded, 'base64').toString('utf8').split(':')[0] || undefined
}

/** `id:secret`, of which the id says nothing here; or a secret alone. */
function afterColon(text: string | undefined): string | undefined {
  return text?.slice(text.indexOf(':') + 1) || undefined
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
