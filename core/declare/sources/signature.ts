import { parseDuration } from '../../data/epoch.ts'
import { refuseUnknownKeys } from '../known-keys.ts'

/** How the sender of a webhook signs what it sends. The secret is named, never written down. */
export type SignatureDeclaration = {
  /** `github`: `sha256=<hex>` over the body; `stripe`: `t=…,v1=<hex>` over time and body. */
  readonly scheme: 'github' | 'stripe'
  /** Environment variable with the secret. */
  readonly secret: string
  /** Header with the signature; that of GitHub or Stripe where it is not given. */
  readonly header?: string
  /** Stripe's: how old it may be (5m). */
  readonly tolerance?: string
}

/** A signature with everything that its declaration leaves out. */
export type Signature = SignatureDeclaration & { readonly header: string; readonly toleranceMs: number }

const HEADERS = { github: 'x-hub-signature-256', stripe: 'stripe-signature' } as const
const USUAL_TOLERANCE = '5m'
const VARIABLE = /^[A-Z][A-Z0-9_]{0,99}$/
const REMEDY = "write signature: { scheme: 'github', secret: 'GITHUB_WEBHOOK_SECRET' }"

/** What is wrong with a signature, and what would be right; undefined where nothing is. */
export function readProblem(
  signature: SignatureDeclaration | undefined,
): readonly [string, string] | undefined {
  if (typeof signature !== 'object' || signature === null) return ['signature is missing', REMEDY]
  refuseUnknownKeys(signature, ['scheme', 'secret', 'header', 'tolerance'])
  const { scheme, secret, header, tolerance } = signature
  if (!Object.hasOwn(HEADERS, scheme)) return [`scheme ${JSON.stringify(scheme)} is unknown`, REMEDY]
  if (typeof secret !== 'string' || !VARIABLE.test(secret))
    return ['secret names no environment variable', "write its name, such as 'GITHUB_WEBHOOK_SECRET'"]
  if (header !== undefined && !/^[a-z0-9-]{1,100}$/.test(header))
    return [`header ${JSON.stringify(header)} is no name`, "write it in lower case, such as 'x-signature'"]
  if (tolerance !== undefined && (scheme === 'github' || parseDuration(tolerance) === undefined))
    return [`tolerance ${JSON.stringify(tolerance)}`, "give a duration such as '5m', with scheme: 'stripe'"]
  return undefined
}

/** A checked declaration in full. */
export function resolveSignature(signature: SignatureDeclaration): Signature {
  const { scheme, header = HEADERS[scheme], tolerance = USUAL_TOLERANCE } = signature
  return { ...signature, header, toleranceMs: parseDuration(tolerance)! }
}
