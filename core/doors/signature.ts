import { createHmac, timingSafeEqual } from 'node:crypto'
import type { SignatureDeclaration } from '../declare/sources/signature.ts'

/** A signed call. Header names are lower case; `body` is the text of exactly what was sent. */
export type SignedCall = {
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly body: string
}

/**
 * Why a call is not of whom it says: an HMAC with SHA-256 over the body, in the manner of GitHub
 * (`sha256=<hex>`) or of Stripe (`t=<seconds>,v1=<hex>`, over the time and the body, and only so old).
 * Undefined: it is.
 *
 * @param now ms since 1970
 */
export function signatureProblem(
  {
    scheme,
    header,
    toleranceMs,
  }: SignatureDeclaration & { readonly header: string; readonly toleranceMs: number },
  secret: string,
  { headers, body }: SignedCall,
  now: number,
): string | undefined {
  const sent = headers[header]
  if (sent === undefined)
    return `the header ${header} is missing; sign the body with the secret of this source`
  if (scheme === 'github') {
    const digest = /^(?:sha256=)?([\da-f]{64})$/i.exec(sent.trim())?.[1]
    return digest !== undefined && isOf(digest, secret, body) ? undefined : wrong(header)
  }
  const parts = sent.split(',').map(part => part.trim().split('='))
  const time = parts.find(([name]) => name === 't')?.[1] ?? ''
  const digests = parts
    .flatMap(([name, digest = '']) => (name === 'v1' ? [digest] : []))
    .slice(0, MOST_DIGESTS)
  if (!digests.some(digest => isOf(digest, secret, `${time}.${body}`))) return wrong(header)
  const age = Math.abs(now - Number(time) * 1000)
  if (age <= toleranceMs) return undefined
  return `it was signed ${Math.round(age / 1000)} s from now; send it anew, or give its source a longer tolerance`
}

/** While a secret is replaced by another there are two. */
const MOST_DIGESTS = 5

function isOf(digest: string, secret: string, signed: string): boolean {
  const right = createHmac('sha256', secret).update(signed, 'utf8').digest()
  const given = Buffer.from(digest, 'hex')
  return given.length === right.length && timingSafeEqual(given, right)
}

function wrong(header: string): string {
  return `${header} is no signature of this body with the secret of this source; see that both have the same secret`
}
