import { hash, timingSafeEqual } from 'node:crypto'
import type { Access } from './access.ts'
import { type OfToken, readToken, signersOf } from './customer-token.ts'
import type { ManagedKey } from './managed-key.ts'
import type { Key } from './read-keys.ts'
import { joinGranted } from './scope-words.ts'

/** The keys of a deployment, for as long as they hold: a key is revoked by making the ring anew. */
export type KeyRing = {
  /**
   * What a secret or a token opens; undefined where it is nobody's. How long it takes tells nothing of a
   * secret that is not known. Whether it has expired is looked at besides. `now`: ms since 1970.
   */
  find(secret: string, now: number): Access | undefined
  /** Why something opens nothing, and what would. */
  problemOf(secret: string, now: number): string
  /** Keys that were set, not made. */
  readonly set: readonly Access[]
  /** Keys that were made, by name, and when each was used last since the ring was made. */
  readonly uses: ReadonlyMap<string, Use>
}

/** ms since 1970; undefined: not since the ring was made. */
export type Use = { readonly name: string; at: number | undefined }

type Held = { readonly access: Access; readonly use: Use | undefined }

/**
 * What was right is remembered so many times at most: tokens are made without end. Keys alone are fewer.
 */
const MOST_REMEMBERED = 10_000

/**
 * Makes the ring of keys that were set and of those that were made. One secret that was set may stand at
 * several scopes.
 *
 * Secrets are compared by their SHA-256 hashes, in constant time. One that was right is remembered as it is,
 * so that it is not hashed for every request: that it is found sooner tells only what the answer tells, and a
 * wrong one is never kept.
 */
export function createKeyRing(keys: readonly Key[], made: readonly ManagedKey[] = []): KeyRing {
  const uses = new Map(made.map(({ name }): [string, Use] => [name, { name, at: undefined }]))
  const hashed = [...keys.map(setKey), ...made.flatMap(key => madeKey(key, uses.get(key.name)))]
  const signers = signersOf(made)
  const remembered = new Map<string, Held>()

  return {
    find(secret, now) {
      const held = remembered.get(secret) ?? lookUp(secret, now)
      if (held?.use !== undefined) held.use.at = now
      return held?.access
    },
    problemOf(secret, now) {
      const token = readToken(secret, signers, now)
      return typeof token === 'string' ? token : NOT_KNOWN
    },
    set: keys.map(({ access }) => access),
    uses,
  }

  function lookUp(secret: string, now: number): Held | undefined {
    const held = ofSecret(secret) ?? ofToken(readToken(secret, signers, now))
    if (held === undefined) return undefined
    if (remembered.size >= MOST_REMEMBERED) remembered.clear()
    remembered.set(secret, held)
    return held
  }

  /** No early exit: how long the search takes must not tell which key matched. */
  function ofSecret(secret: string): Held | undefined {
    const digest = hash('sha256', secret, 'buffer')
    const found = hashed.filter(key => timingSafeEqual(key.digest, digest))
    const [first] = found
    if (first === undefined || found.length === 1) return first
    const access = { ...first.access, ...joinGranted(found.map(key => key.access)) }
    return { access, use: undefined }
  }

  function ofToken(token: OfToken | string | undefined): Held | undefined {
    if (token === undefined || typeof token === 'string') return undefined
    return { access: token.access, use: uses.get(token.signer) }
  }
}

const NOT_KNOWN = 'the key is not known; check it, or ask for a new one'

type Hashed = Held & { readonly digest: Buffer }

function setKey({ access, secret }: Key): Hashed {
  return { access, digest: hash('sha256', secret, 'buffer'), use: undefined }
}

function madeKey({ access, proof }: ManagedKey, use: Use | undefined): readonly Hashed[] {
  return proof.kind === 'key' ? [{ access, digest: Buffer.from(proof.digest, 'hex'), use }] : []
}
