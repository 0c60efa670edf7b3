import { TributaryError } from '../../core/errors.ts'
import type { KeyRing, Scope } from '../../core/keys.ts'
import type { HttpEvent } from './http.ts'
import { NO_PAGES, type OriginRule, requireOrigin } from './origin-rule.ts'
import { queryOf } from './query-string.ts'
import { isBeacon, shownKey } from './shown-key.ts'

/**
 * Decides whether a request may use a scope.
 *
 * @throws TributaryError `unauthenticated`, `forbidden`, `origin_not_allowed`
 */
export type Authorise = (event: HttpEvent, scope: Scope) => void

/**
 * By the key in `Authorization: Bearer <key>`, or in the address of a beacon. Keys of browsers are for the
 * pages of some origins alone.
 */
export function createKeyAuthorisation(keys: KeyRing, pages: OriginRule = NO_PAGES): Authorise {
  return (event, scope) => {
    const secret = shownKey(event)
    if (secret === undefined) throw noKey(event)
    const grant = keys.grant(secret, scope)
    if (grant === 'unknown')
      throw new TributaryError('unauthenticated', 'the key is not known; check it, or ask for a new one')
    const isBrowser = keys.isBrowser(secret)
    if (isBeacon(event) && !isBrowser) throw keyInAddress()
    if (grant === 'forbidden')
      throw new TributaryError('forbidden', `this call needs a key with the scope ${scope}`)
    if (isBrowser) requireOrigin(pages, event.headers['origin'])
  }
}

function noKey(event: HttpEvent): TributaryError {
  const remedy = isBeacon(event)
    ? 'put a browser key into the address: ?key=<key>'
    : 'send the header Authorization: Bearer <key>'
  const isInAddress = !isBeacon(event) && queryOf(event).has('key')
  const beside = isInAddress ? '; an address, which logs keep, has a key at POST /v1/beacon alone' : ''
  return new TributaryError('unauthenticated', remedy + beside)
}

/** The refusal of a key that is worth something, where addresses end up in the logs of others. */
export function keyInAddress(): TributaryError {
  const detail = 'an address may have a key of scope browser alone, as logs keep it; replace the key you sent'
  return new TributaryError('forbidden', detail)
}

/** Whether a request may use a scope, where one that may not is answered too. */
export function mayUse(authorise: Authorise, scope: Scope): (event: HttpEvent) => Promise<boolean> {
  return async event => {
    try {
      authorise(event, scope)
      return true
    } catch (error) {
      if (error instanceof TributaryError && (error.status === 401 || error.status === 403)) return false
      throw error
    }
  }
}
