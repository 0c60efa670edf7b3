import type { MiddlewareObj } from '@middy/core'
import { TributaryError } from '../../core/errors.ts'
import type { KeyRing, Scope } from '../../core/keys.ts'
import type { HttpEvent, HttpResponse } from './http.ts'

const BEARER = 'bearer '

/** Lets a request through only when its `Authorization: Bearer` key carries the scope. */
export function authorise(keys: KeyRing, scope: Scope): MiddlewareObj<HttpEvent, HttpResponse> {
  return {
    before: ({ event }) => {
      const grant = keys.grant(secretOf(event.headers['authorization']), scope)
      if (grant === 'unknown')
        throw new TributaryError('unauthenticated', 'the key is not known; check it, or ask for a new one')
      if (grant === 'forbidden')
        throw new TributaryError('forbidden', `this call needs a key with the scope ${scope}`)
    },
  }
}

function secretOf(header: string | undefined): string {
  if (header === undefined || header.slice(0, BEARER.length).toLowerCase() !== BEARER)
    throw new TributaryError('unauthenticated', 'send the header Authorization: Bearer <key>')
  return header.slice(BEARER.length).trim()
}
