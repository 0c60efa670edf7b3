import { type Access, hasScope, type Scope } from '../../core/access/access.ts'
import { readClaims } from '../../core/access/token-claims.ts'
import { TributaryError } from '../../core/errors.ts'
import { isObject } from '../../core/json/is-object.ts'
import { type Authorise, requireAccess } from './authorise.ts'
import type { HttpEvent } from './http.ts'
import { NO_PAGES, type OriginRule, requireOrigin } from './origin-rule.ts'

/** What the key authorizer tells API Gateway, which remembers it, and the functions behind it. */
export type AuthorizerContext = {
  /**
   * Scopes of a key without limits, as versions before this one read them: they would not look at limits, and
   * let nobody in who has some.
   */
  readonly scopes: string
  /** `Access` as JSON. */
  readonly access: string
  /** Whose key it is, for the access log. */
  readonly key: string
}

/**
 * By what API Gateway has found out before it called the function: what the key authorizer says of a key, or
 * the claims of a verified JWT.
 */
export function createGatewayAuthorisation(
  pages: OriginRule = NO_PAGES,
  now: () => number = Date.now,
): Authorise {
  return (event, scope) => {
    const access = accessOf(event, scope)
    requireAccess(access, event, scope, now())
    // The authorizer's answer is remembered, whatever page it was asked for.
    if (access.isBrowser) requireOrigin(pages, event.headers['origin'])
    return access
  }
}

/** API Gateway's own context; the type of a plain event leaves it out. */
type WithAuthorizer = {
  readonly authorizer?: {
    readonly lambda?: Partial<AuthorizerContext> | null
    readonly jwt?: { readonly claims: Readonly<Record<string, unknown>> }
  }
}

function accessOf(event: HttpEvent, scope: Scope): Access {
  const { authorizer } = event.requestContext as WithAuthorizer
  if (authorizer?.jwt !== undefined) return ofToken(authorizer.jwt.claims, scope)
  const { access, scopes } = authorizer?.lambda ?? {}
  if (access !== undefined) return parsedAccess(access)
  if (scopes !== undefined) return ofScopes(scopes.split(' '))
  throw new TributaryError('unauthenticated', 'send the header Authorization: Bearer <key or token>')
}

/** One text a key, which the authorizer has made: it is read once. */
const parsed = new Map<string, Access>()
const MOST_PARSED = 1000

function parsedAccess(text: string): Access {
  const known = parsed.get(text)
  if (known !== undefined) return known
  if (parsed.size >= MOST_PARSED) parsed.clear()
  const access: unknown = JSON.parse(text)
  if (!isObject(access)) throw new TributaryError('internal', 'the authorizer says nothing of the caller')
  parsed.set(text, access as Access)
  return access as Access
}

/** What an authorizer of the version before says, for as long as API Gateway remembers it. */
function ofScopes(scopes: readonly string[]): Access {
  const has = (scope: string) => scopes.includes(scope)
  return {
    name: 'key',
    ...(has('write') && { write: 'all' }),
    ...(has('read') && !has('browser') && { read: 'all' }),
    ...(has('admin') && { isAdmin: true }),
    ...(has('browser') && { isBrowser: true }),
  }
}

function ofToken(claims: Readonly<Record<string, unknown>>, scope: Scope): Access {
  const { access, strange } = readClaims(claims)
  if (strange.length === 0 || hasScope(access, scope)) return access
  const words = strange.join(' ').slice(0, 200)
  throw new TributaryError(
    'forbidden',
    `this call needs the scope ${scope}; of the token's scopes these mean nothing here: ${words}`,
  )
}
