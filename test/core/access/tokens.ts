import { createHmac, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import type { Access } from '../../../core/access/access.ts'
import type { ManagedKey, SignerProof, Verifier } from '../../../core/access/managed-key.ts'

/** Signers of tests, and tokens as back ends mint them: independent of what reads them. */

export const SECRET = 'trbs_shared-secret-of-the-portal'
export const PAIR = generateKeyPairSync('ed25519')
export const PEM = String(PAIR.publicKey.export({ type: 'spki', format: 'pem' }))

const base64url = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')

export type Sign = (signed: string) => Buffer
export const bySecret =
  (secret: string, hash = 'sha256'): Sign =>
  signed =>
    createHmac(hash, secret).update(signed).digest()
export const byKey =
  (key: KeyObject = PAIR.privateKey): Sign =>
  signed =>
    sign(null, Buffer.from(signed), key)

/** A token of any header and claims, right or wrong. */
export function token(header: object, claims: unknown, signed: Sign): string {
  const text = `${base64url(header)}.${base64url(claims)}`
  return `${text}.${signed(text).toString('base64url')}`
}

export function signer(
  name: string,
  access: Omit<Access, 'name'>,
  terms: Partial<Pick<SignerProof, 'audience' | 'requires' | 'longest'>> = {},
  verifier: Verifier = { alg: 'HS256', secret: SECRET },
): ManagedKey {
  const usual = { audience: 'tributary', requires: [], longest: 3600 }
  return {
    ...{ name, access: { name, ...access }, madeAt: 0, madeBy: 'admin' },
    proof: { kind: 'signer', ...usual, ...terms, ...verifier },
  }
}
