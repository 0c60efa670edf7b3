/**
 * Why a call has no answer, by what a person can do about it. `absent`: this deployment does not answer such
 * calls at all, so that nobody need ask again.
 */
export type Failure = {
  readonly kind: 'unauthenticated' | 'forbidden' | 'missing' | 'absent' | 'refused' | 'unreachable'
  /** What the platform said, or the browser. */
  readonly detail: string
}

export type Answer<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly failure: Failure }

const KINDS: Readonly<Record<number, Failure['kind']>> = {
  401: 'unauthenticated',
  403: 'forbidden',
  404: 'missing',
}

export function failureOf(status: number, detail: string): Failure {
  return { kind: KINDS[status] ?? (status >= 500 ? 'unreachable' : 'refused'), detail }
}

/** What the platform itself says of a refusal is of this type (RFC 9457). */
const OURS = 'application/problem+json'

/**
 * What is in front of a platform on AWS (API Gateway, CloudFront) refuses without its words: a path that no
 * function answers by 404, a key that is not known by 403. Undefined where it is the platform that refuses.
 */
export function refusedInFront(
  status: number,
  type: string | null,
): 'absent' | 'unauthenticated' | undefined {
  if (type?.startsWith(OURS)) return undefined
  return status === 404 ? 'absent' : status === 403 || status === 401 ? 'unauthenticated' : undefined
}
