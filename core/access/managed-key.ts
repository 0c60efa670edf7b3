import { hash } from 'node:crypto'
import type { Access } from './access.ts'

/**
 * A key that was made by the API. Its secret is not in it: whoever reads the store can call with none of
 * them. The one exception is a signer's shared secret, which nobody can verify with who has only its hash.
 */
export type ManagedKey = {
  /** Unique among all keys of a deployment. */
  readonly name: string
  /** What it may do; of a signer: what its tokens may do at most. */
  readonly access: Access
  /** ms since 1970. */
  readonly madeAt: number
  /** Name of the key that made it. */
  readonly madeBy: string
  /** When it was used last, roughly, ms since 1970. */
  readonly usedAt?: number | undefined
  readonly proof: Proof
}

/** What a caller has to show: a secret, or a token that the signer has signed. */
export type Proof = { readonly kind: 'key'; readonly digest: string } | SignerProof

export type SignerProof = { readonly kind: 'signer' } & SignerTerms & Verifier

/** What shows that a token is a signer's own. `secret` is shared; `publicKey` is PEM (SPKI). */
export type Verifier =
  | { readonly alg: 'HS256'; readonly secret: string }
  | { readonly alg: 'EdDSA'; readonly publicKey: string }

/** What every token of a signer has to be. */
export type SignerTerms = {
  /** Among the token's `aud`. */
  readonly audience: string
  /** Fields that each token limits, so that one that forgets its customer is refused. */
  readonly requires: readonly string[]
  /** Longest time from now to its end, s. */
  readonly longest: number
}

/** Most keys that the API makes for a deployment: each is compared where a secret is not known. */
export const MOST_KEYS = 500

/** Longest key as JSON, UTF-16 units: all of them are read again each few seconds on AWS. */
export const LONGEST_KEY = 4000

/** Names of keys that are made: they stand in addresses, logs and tokens. */
export const KEY_NAME = /^[a-z0-9][a-z0-9-]{0,63}$/

/** SHA-256, hex. No slow hash is needed: a secret of 256 random bits cannot be tried out. */
export function digestOf(secret: string): string {
  return hash('sha256', secret, 'hex')
}
