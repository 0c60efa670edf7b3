import { hash, timingSafeEqual } from 'node:crypto'
import type { Access } from './access.ts'
import type { Key } from './read-keys.ts'
import { joinGranted } from './scope-words.ts'

/** The keys of a deployment, for as long as they hold: a key is revoked by making the ring anew. */
export type KeyRing = {
  /**
   * What a secret opens; undefined where it is nobody's. How long it takes tells nothing of a secret that is
   * not known.
   */
  find(secret: string): Access | undefined
}

/**
 * Makes the ring of keys. One secret may stand at several scopes.
 *
 * Secrets are compared by their SHA-256 hashes, in constant time. One that was right is remembered as it is,
 * so that it is not hashed for every request: that it is found sooner tells only what the answer tells, and a
 * wrong one is never kept.
 */
export function createKeyRing(keys: readonly Key[]): KeyRing {
  const hashed = keys.map(({ access, secret }) => ({ access, digest: digestOf(secret) }))
  const remembered = new Map<string, Access>()
  return { find: secret => remembered.get(secret) ?? lookUp(secret) }

  /** No early exit: how long the search takes must not tell which key matched. */
  function lookUp(secret: string): Access | undefined {
    const digest = digestOf(secret)
    const found = hashed.filter(key => timingSafeEqual(key.digest, digest)).map(key => key.access)
    const [first] = found
    if (first === undefined) return undefined
    const access = found.length === 1 ? first : { ...first, ...joinGranted(found) }
    remembered.set(secret, access)
    return access
  }
}

function digestOf(secret: string): Buffer {
  return hash('sha256', secret, 'buffer')
}
