import { hash, timingSafeEqual } from 'node:crypto'

/** `write` sends events, `read` queries, `admin` may do everything. `write` and `read` imply nothing else. */
export const SCOPES = ['write', 'read', 'admin'] as const

export type Scope = (typeof SCOPES)[number]

/**
 * What a key is for: a scope, or `browser`, a key that pages of the web carry. Everybody can read such a one,
 * so it sends events and does nothing else, ever.
 */
export const KEY_SCOPES = [...SCOPES, 'browser'] as const

export type KeyScope = (typeof KEY_SCOPES)[number]

/** A key as a setting gives it. */
export type Key = { readonly scope: KeyScope; readonly secret: string }

/** What a secret is worth for one call. */
export type Grant = 'granted' | 'forbidden' | 'unknown'

/** The keys of a deployment, for as long as they hold: a key is revoked by making the ring anew. */
export type KeyRing = {
  /**
   * `unknown`: no such key; `forbidden`: the key lacks the scope. How long it takes tells nothing of a secret
   * that is not known.
   */
  grant(secret: string, scope: Scope): Grant
  /** Whether it is the key of a browser, and of nothing else. */
  isBrowser(secret: string): boolean
}

/**
 * Makes the ring of keys. One secret may be given several scopes.
 *
 * Secrets are compared by their SHA-256 hashes, in constant time. One that was right is remembered as it is,
 * so that it is not hashed for every request: that it is found sooner tells only what the answer tells, and a
 * wrong one is never kept.
 *
 * @example createKeyRing([{ scope: 'write', secret: 'abc' }]).grant('abc', 'read') === 'forbidden'
 */
export function createKeyRing(keys: readonly Key[]): KeyRing {
  const hashed = keys.map(({ scope, secret }) => ({ scope, digest: digestOf(secret) }))
  const remembered = new Map<string, readonly KeyScope[]>()
  const scopesOf = (secret: string) => remembered.get(secret) ?? lookUp(secret)
  return {
    grant(secret, wanted) {
      const scopes = scopesOf(secret)
      if (scopes.length === 0) return 'unknown'
      return scopes.some(scope => covers(scope, wanted)) ? 'granted' : 'forbidden'
    },
    isBrowser(secret) {
      const scopes = scopesOf(secret)
      return scopes.length > 0 && scopes.every(scope => scope === 'browser')
    },
  }

  /** No early exit: how long the search takes must not tell which key matched. */
  function lookUp(secret: string): readonly KeyScope[] {
    const digest = digestOf(secret)
    const scopes = hashed.filter(key => timingSafeEqual(key.digest, digest)).map(key => key.scope)
    if (scopes.length > 0) remembered.set(secret, scopes)
    return scopes
  }
}

function covers(held: KeyScope, wanted: Scope): boolean {
  return held === 'admin' || held === wanted || (held === 'browser' && wanted === 'write')
}

function digestOf(secret: string): Buffer {
  return hash('sha256', secret, 'buffer')
}

/** Why a list of keys cannot be read; never holds a secret. */
export type KeysProblem = { readonly problem: string }

/**
 * Reads `scope:secret,…`. A secret is what a Bearer header can carry (RFC 6750: letters, digits, `-._~+/=`,
 * and `:` here).
 *
 * @example parseKeys('write:abc,read:def')
 */
export function parseKeys(text: string): readonly Key[] | KeysProblem {
  const keys: Key[] = []
  for (const [index, entry] of text.split(',').entries()) {
    const colon = entry.indexOf(':')
    const scope = entry.slice(0, Math.max(colon, 0)).trim()
    const secret = entry.slice(colon + 1).trim()
    if (colon < 0) return { problem: `entry ${index + 1} has no colon` }
    if (!isScope(scope)) return { problem: `entry ${index + 1} does not start with a scope` }
    if (!/^[\w.~+/=:-]+$/.test(secret))
      return { problem: `the secret of entry ${index + 1} is empty or has characters a header cannot carry` }
    keys.push({ scope, secret })
  }
  const shared = keys.findIndex(({ scope, secret }) => scope !== 'browser' && isOfBrowser(keys, secret))
  if (shared < 0) return keys
  return {
    problem: `the secret of entry ${shared + 1} is a browser's too, which everybody can read; give another one`,
  }
}

function isOfBrowser(keys: readonly Key[], secret: string): boolean {
  return keys.some(key => key.scope === 'browser' && key.secret === secret)
}

function isScope(text: string): text is KeyScope {
  return (KEY_SCOPES as readonly string[]).includes(text)
}
