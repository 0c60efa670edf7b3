import { createHmac, createPublicKey, timingSafeEqual, verify } from 'node:crypto'
import { TributaryError } from '../errors.ts'
import { isObject } from '../json/is-object.ts'
import { type Access, isExpired } from './access.ts'
import type { ManagedKey, SignerProof } from './managed-key.ts'
import { narrowed } from './narrowed.ts'
import { readClaims } from './token-claims.ts'

/** A signer as tokens are read by it. */
export type Signer = {
  readonly proof: SignerProof
  readonly limits: Access
  readonly isOwn: (signed: Buffer, signature: Buffer) => boolean
}

/** What a token may do, and whose it is. */
export type OfToken = { readonly access: Access; readonly signer: string }

/** Longest token, characters: a header carries no more. */
const LONGEST = 8000
/** How far ahead the clock of a signer may be, s. */
const SKEW = 30

/** Signers among keys, by name. */
export function signersOf(keys: readonly ManagedKey[]): ReadonlyMap<string, Signer> {
  return new Map(
    keys.flatMap(({ name, access, proof }): (readonly [string, Signer])[] =>
      proof.kind === 'signer' ? [[name, { proof, limits: access, isOwn: verifierOf(proof) }]] : [],
    ),
  )
}

/**
 * What a signed token (RFC 7519, compact form) opens: one that an application's back end has made for a
 * customer. Its header names the signer (`kid`); which algorithm holds, the signer's record says, and never
 * the token. It needs an end (`exp`), no later than the signer's tokens may have one, its audience (`aud`),
 * and grants what its claims say (token-claims.ts) within the signer's own limits.
 *
 * @returns undefined where it is no token at all; a text where it is one and is worth nothing: why
 */
export function readToken(
  text: string,
  signers: ReadonlyMap<string, Signer>,
  now: number,
): OfToken | string | undefined {
  const parts = text.length <= LONGEST ? text.split('.') : []
  if (parts.length !== 3 || !parts.every(part => /^[\w-]+$/.test(part))) return undefined
  const header = objectOf(parts[0]!)
  if (header === undefined) return undefined
  const signer = typeof header['kid'] === 'string' ? signers.get(header['kid']) : undefined
  if (signer === undefined) return 'the token names no signer that is known (kid); it may be revoked'
  const { limits, proof } = signer
  if (header['alg'] !== proof.alg)
    return `the token is of another algorithm (alg) than signer ${limits.name}, ${proof.alg}`
  if (header['crit'] !== undefined) return 'the token has a header "crit", and nothing of it is known here'
  const signature = bytesOf(parts[2]!)
  if (signature === undefined || !signer.isOwn(Buffer.from(`${parts[0]}.${parts[1]}`), signature))
    return `the token was not signed by signer ${limits.name}`
  const claims = objectOf(parts[1]!)
  if (claims === undefined) return 'the claims of the token are no JSON object'
  return problemWithTerms(claims, signer, now / 1000) ?? grantedBy(claims, signer, now)
}

/** Seconds since 1970 (`now` too). The end is not stretched: a clock that is behind makes it come sooner. */
function problemWithTerms(claims: Claims, { proof, limits }: Signer, now: number): string | undefined {
  const { exp, nbf, iat, aud } = claims
  if (!isSeconds(exp)) return 'the token has no end (exp), in seconds since 1970'
  if (exp <= now) return 'the token has expired (exp); mint another one'
  if (exp > now + proof.longest + SKEW)
    return `the token ends too late (exp): tokens of signer ${limits.name} last ${proof.longest} s at most`
  for (const [name, value] of Object.entries({ nbf, iat })) {
    if (value === undefined) continue
    if (!isSeconds(value)) return `the token's ${name} is no number of seconds since 1970`
    if (value > now + SKEW) return `the token is of the future (${name}); look at the clock of its signer`
  }
  const audiences: readonly unknown[] = Array.isArray(aud) ? aud : [aud]
  return audiences.includes(proof.audience)
    ? undefined
    : `the token is for somebody else: its audience (aud) has to be "${proof.audience}"`
}

function grantedBy(claims: Claims, { proof, limits }: Signer, now: number): OfToken | string {
  if (isExpired(limits, now)) return `signer ${limits.name} has expired`
  const asked = accessOf(claims)
  if (typeof asked === 'string') return asked
  const missing = proof.requires.find(field => !Object.hasOwn(asked.where ?? {}, field))
  if (missing !== undefined)
    return `the token does not limit ${missing} (tributary/where), as each of signer ${limits.name} has to`
  const name = `${asked.name.replace('token:', `token:${limits.name}/`)}`
  const access = narrowed({ ...asked, name, expires: (claims['exp'] as number) * 1000 }, limits)
  return typeof access === 'string' ? `the token is refused: ${access}` : { access, signer: limits.name }
}

function accessOf(claims: Claims): Access | string {
  try {
    return readClaims(claims).access
  } catch (error) {
    if (error instanceof TributaryError && error.code === 'forbidden')
      return `the token is refused: ${error.message}`
    throw error
  }
}

type Claims = Readonly<Record<string, unknown>>

function isSeconds(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0
}

function verifierOf(proof: SignerProof): Signer['isOwn'] {
  if (proof.alg === 'HS256')
    return (signed, signature) => {
      const own = createHmac('sha256', proof.secret).update(signed).digest()
      return own.length === signature.length && timingSafeEqual(own, signature)
    }
  const key = createPublicKey(proof.publicKey)
  return (signed, signature) => verify(null, signed, key, signature)
}

function objectOf(part: string): Claims | undefined {
  try {
    const value: unknown = JSON.parse(bytesOf(part)?.toString('utf8') ?? '')
    return isObject(value) ? value : undefined
  } catch {
    // What is no JSON is no token.
    return undefined
  }
}

/** Node's decoder passes over what it does not know; only the one text of these bytes is taken. */
function bytesOf(part: string): Buffer | undefined {
  const bytes = Buffer.from(part, 'base64url')
  return bytes.toString('base64url') === part ? bytes : undefined
}
