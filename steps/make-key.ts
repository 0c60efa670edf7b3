import { createPublicKey, randomBytes } from 'node:crypto'
import type { Access } from '../core/access/access.ts'
import {
  digestOf,
  KEY_NAME,
  LONGEST_KEY,
  type ManagedKey,
  MOST_KEYS,
  type SignerProof,
  type SignerTerms,
} from '../core/access/managed-key.ts'
import { type Members, readAccess } from '../core/access/read-access.ts'
import { TributaryError } from '../core/errors.ts'
import type { ManagedKeys } from '../core/ports/callers/managed-keys.ts'

export type MakeKeyPorts = {
  readonly made: Pick<ManagedKeys, 'add'>
  /** Keys that were set: their names are taken. */
  readonly set: () => Promise<readonly Access[]>
  /** ms since 1970. */
  readonly now: () => number
}

/** What somebody wants to have made, as it was sent. */
export type KeyWanted = {
  readonly name: unknown
  /** What it may do. */
  readonly members: Members
  /** Given for a signer of tokens. */
  readonly signer?: SignerWanted | undefined
}

export type SignerWanted = {
  readonly alg: unknown
  readonly publicKey: unknown
  readonly audience: unknown
  readonly requires: unknown
  readonly longest: unknown
}

/** A key that was made. `secret`: told this once; undefined where the caller has it. */
export type KeyMade = { readonly key: ManagedKey; readonly secret: string | undefined }

/** 256 random bits, after a beginning by which scanners of leaked secrets know ours. */
const newSecret = (prefix: string) => `${prefix}_${randomBytes(32).toString('base64url')}`

/**
 * Makes a key, and keeps it without its secret.
 *
 * @throws TributaryError `bad_request` naming what is wrong with what was asked for, `conflict`; of the store
 */
export async function makeKey(ports: MakeKeyPorts, wanted: KeyWanted, by: Access): Promise<KeyMade> {
  const { name, signer } = wanted
  if (typeof name !== 'string' || !KEY_NAME.test(name))
    return bad('"name" has to be 1 to 64 of a-z, 0-9 and "-", as in shop-frontend')
  const access = accessOf(name, wanted.members)
  const { proof, secret } = signer === undefined ? plainKey() : signerOf(access, signer)
  const key: ManagedKey = { name, access, madeAt: ports.now(), madeBy: by.name, proof }
  if (JSON.stringify(key).length > LONGEST_KEY)
    return bad(`the key has more than ${LONGEST_KEY} characters with its limits; give it fewer values`)
  if ((await ports.set()).some(one => one.name === name)) throw taken(name)
  const outcome = await ports.made.add(key)
  if (outcome === 'taken') throw taken(name)
  if (outcome === 'full')
    throw new TributaryError('conflict', `there are ${MOST_KEYS} keys, which is the most; revoke some`)
  return { key, secret }
}

function taken(name: string): TributaryError {
  return new TributaryError('conflict', `there is a key ${name}; give another name, or revoke that one first`)
}

function bad(problem: string): never {
  throw new TributaryError('bad_request', problem)
}

function accessOf(name: string, members: Members): Access {
  try {
    return readAccess(name, members)
  } catch (cause) {
    if (cause instanceof TributaryError && cause.code === 'invalid_setting') return bad(cause.message)
    throw cause
  }
}

function plainKey() {
  const secret = newSecret('trb')
  return { proof: { kind: 'key', digest: digestOf(secret) } as const, secret }
}

function signerOf(access: Access, wanted: SignerWanted): { proof: SignerProof; secret: string | undefined } {
  if (access.isAdmin || access.isBrowser)
    bad('a signer signs for customers: its scope is of read and write, and has no admin or browser')
  const terms = termsOf(wanted)
  const { alg = 'HS256', publicKey } = wanted
  if (alg === 'EdDSA')
    return { proof: { kind: 'signer', ...terms, alg, publicKey: pemOf(publicKey) }, secret: undefined }
  if (alg !== 'HS256') return bad('"alg" has to be HS256 (a shared secret) or EdDSA (a public key)')
  if (publicKey !== undefined) bad('"publicKey" is of EdDSA; with HS256 a secret is made and shared')
  const secret = newSecret('trbs')
  return { proof: { kind: 'signer', ...terms, alg, secret }, secret }
}

const HOUR_S = 3600
const DAY_S = 86_400

function termsOf({ audience = 'tributary', requires = [], longest = HOUR_S }: SignerWanted): SignerTerms {
  if (typeof audience !== 'string' || !/^[!-~]{1,200}$/.test(audience))
    return bad('"audience" has to be a text such as tributary or https://numbers.shop.example')
  if (!Array.isArray(requires) || requires.length > 10 || !requires.every(isField))
    return bad(
      '"requires" has to be up to 10 names of fields that each token limits, such as ["customer_id"]',
    )
  if (!Number.isSafeInteger(longest) || (longest as number) < 10 || (longest as number) > DAY_S)
    return bad(`"longest" has to be 10 to ${DAY_S} seconds; a short one needs no revoking`)
  return { audience, requires, longest: longest as number }
}

function isField(value: unknown): boolean {
  return typeof value === 'string' && value.length > 0 && value.length <= 200
}

/** Ed25519 alone (RFC 8037). */
function pemOf(given: unknown): string {
  const wrong = () => bad('"publicKey" has to be an Ed25519 public key in PEM (-----BEGIN PUBLIC KEY-----)')
  if (typeof given !== 'string' || !given.trimStart().startsWith('-----BEGIN PUBLIC KEY-----')) return wrong()
  try {
    const key = createPublicKey(given)
    if (key.asymmetricKeyType !== 'ed25519') return wrong()
    return String(key.export({ type: 'spki', format: 'pem' }))
  } catch (cause) {
    if (cause instanceof TributaryError) throw cause
    return wrong()
  }
}
