/** Why a call has no answer, by what a person can do about it. */
export type Failure = {
  readonly kind: 'unauthenticated' | 'forbidden' | 'missing' | 'refused' | 'unreachable'
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
