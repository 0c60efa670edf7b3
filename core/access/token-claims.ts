import { TributaryError } from '../errors.ts'
import type { Access } from './access.ts'
import { readAccess, refuseUnknownMembers } from './read-access.ts'
import { readScopeWord } from './scope-words.ts'

export type Claims = Readonly<Record<string, unknown>>

/** What a token may do, and words of its scope that say nothing here. */
export type TokenAccess = { readonly access: Access; readonly strange: readonly string[] }

/**
 * The resource under which an issuer may name our scopes, and names our claims: limits, as a key has them.
 */
const RESOURCE = 'tributary/'
const LIMITS = ['where', 'rate', 'events'] as const

/**
 * What a verified token may do: the words of its claims `scope` (RFC 8693, 4.2) and `scp` (Microsoft Entra,
 * Okta), and limits in claims of ours: `tributary/where` (JSON text), `tributary/rate`, `tributary/events`.
 *
 * Tokens have words of other resources beside ours, which grant nothing. A word under our name, or a claim of
 * ours, that is not known is refused: a mistyped limit would not hold.
 *
 * @throws TributaryError `forbidden` naming the claim
 */
export function readClaims(claims: Claims): TokenAccess {
  const name = nameOf(claims)
  const [ours, strange] = wordsOf(claims)
  if (ours.length === 0) return { access: { name }, strange }
  try {
    return { access: readAccess(name, { scope: ours, ...limitsOf(name, claims) }), strange }
  } catch (cause) {
    if (!(cause instanceof TributaryError)) throw cause
    throw new TributaryError('forbidden', cause.message, { cause })
  }
}

/** Words that grant something or stand under our name, and all others. */
function wordsOf({ scope, scp }: Claims): readonly [readonly string[], readonly string[]] {
  const ours: string[] = []
  const strange: string[] = []
  for (const word of [scope, scp].flatMap(textsOf)) {
    const isOurs = word.startsWith(RESOURCE)
    const bare = isOurs ? word.slice(RESOURCE.length) : word
    // A key of a browser is a thing of pages.
    const isKnown = typeof readScopeWord(bare) !== 'string' && !bare.startsWith('browser')
    if (isOurs || isKnown) ours.push(bare)
    else strange.push(word)
  }
  return [ours, strange]
}

/** API Gateway hands lists over as text, `[read write]`. */
function textsOf(claim: unknown): readonly string[] {
  const texts = Array.isArray(claim) ? claim : [claim]
  return texts
    .filter(text => typeof text === 'string')
    .flatMap(text => text.replaceAll(/^\[|\]$/g, '').split(/[ ,]+/))
    .filter(word => word !== '')
}

function limitsOf(name: string, claims: Claims) {
  const limits: Record<string, unknown> = {}
  for (const [claim, value] of Object.entries(claims))
    if (claim.startsWith(RESOURCE)) limits[claim.slice(RESOURCE.length)] = valueOfClaim(value)
  refuseUnknownMembers(name, limits, LIMITS)
  return limits
}

/** Claims come as texts of JSON, numbers too. One that is none stays, and is refused as what it is. */
function valueOfClaim(value: unknown): unknown {
  if (typeof value !== 'string') return value
  try {
    return JSON.parse(value)
  } catch {
    return value
  }
}

/** Whom an issuer vouches for. */
function nameOf({ sub, client_id: client }: Claims): string {
  const whom = typeof sub === 'string' && sub !== '' ? sub : client
  return `token:${String(whom ?? '')
    .replaceAll(/[^\w.@|:-]/g, '?')
    .slice(0, 100)}`
}
