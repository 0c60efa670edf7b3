import { TributaryError } from '../../core/errors.ts'
import type { KeyRing, Scope } from '../../core/keys.ts'
import type { HttpEvent } from './http.ts'

/**
 * Decides whether a request may use a scope.
 *
 * @throws TributaryError `unauthenticated`, `forbidden`
 */
export type Authorise = (event: HttpEvent, scope: Scope) => void

/** By the key in `Authorization: Bearer <key>`. */
export function createKeyAuthorisation(keys: KeyRing): Authorise {
  return (event, scope) => {
    const secret = bearerOf(event.headers['authorization'])
    if (secret === undefined)
      throw new TributaryError('unauthenticated', 'send the header Authorization: Bearer <key>')
    const grant = keys.grant(secret, scope)
    if (grant === 'unknown')
      throw new TributaryError('unauthenticated', 'the key is not known; check it, or ask for a new one')
    if (grant === 'forbidden')
      throw new TributaryError('forbidden', `this call needs a key with the scope ${scope}`)
  }
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
