import { type Access, hasScope, isExpired, readsAll, type Scope } from '../../core/access/access.ts'
import type { KeyRing } from '../../core/access/key-ring.ts'
import { TributaryError } from '../../core/errors.ts'
import type { HttpEvent } from './http.ts'
import { NO_PAGES, type OriginRule, requireOrigin } from './origin-rule.ts'
import { queryOf } from './query-string.ts'
import { isBeacon, isKeyInAddress, shownKey } from './shown-key.ts'

/**
 * Decides whether a request may use a scope; answers what its caller may do, whose limits the call's own work
 * looks at.
 *
 * @throws TributaryError `unauthenticated`, `forbidden`, `origin_not_allowed`
 */
export type Authorise = (event: HttpEvent, scope: Scope) => Access

/**
 * By the key in `Authorization: Bearer <key>`, or in the address of a beacon. Keys of browsers are for the
 * pages of some origins alone.
 */
export function createKeyAuthorisation(
  keys: KeyRing,
  pages: OriginRule = NO_PAGES,
  now: () => number = Date.now,
): Authorise {
  return (event, scope) => {
    const secret = shownKey(event)
    if (secret === undefined) throw noKey(event)
    const at = now()
    const access = keys.find(secret, at)
    if (access === undefined) throw new TributaryError('unauthenticated', keys.problemOf(secret, at))
    requireAccess(access, event, scope, at)
    if (access.isBrowser) requireOrigin(pages, event.headers['origin'])
    return access
  }
}

/**
 * What is asked of a caller, however it is known.
 *
 * @throws TributaryError `unauthenticated`, `forbidden`
 */
export function requireAccess(access: Access, event: HttpEvent, scope: Scope, now: number): void {
  if (isExpired(access, now))
    throw new TributaryError('unauthenticated', `key ${access.name} has expired; ask for a new one`)
  if (isKeyInAddress(event) && !access.isBrowser) throw keyInAddress()
  if (!hasScope(access, scope))
    throw new TributaryError('forbidden', `this call needs a key with the scope ${scope}`)
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
function keyInAddress(): TributaryError {
  const detail = 'an address may have a key of scope browser alone, as logs keep it; replace the key you sent'
  return new TributaryError('forbidden', detail)
}

/** Whether a request may read everything, where one that may not is answered too. */
export function mayReadAll(authorise: Authorise): (event: HttpEvent) => Promise<boolean> {
  return async event => {
    try {
      return readsAll(authorise(event, 'read'))
    } catch (error) {
      if (error instanceof TributaryError && (error.status === 401 || error.status === 403)) return false
      throw error
    }
  }
}
