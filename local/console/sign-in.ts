import { createHash, randomBytes } from 'node:crypto'
import { TributaryError } from '../../core/errors.ts'

/** A way into the console without typing a key: a code that is good once (decision 0079). */
export type SignIn = {
  /** A new code; undefined where there is no key to hand out. */
  code(): string | undefined
  /**
   * The key for a code.
   *
   * @throws TributaryError `unauthenticated` where the code was used, is too old, or was never made
   */
  exchange(code: string): string
}

/** Long enough to find the terminal again, short enough for what a log keeps to be worth nothing. */
const LIFETIME_MS = 3_600_000

/** Codes that are good at one time; the oldest goes for a further one. */
const MOST_CODES = 16

const CODE_BYTES = 24

/**
 * @param key what codes stand for; undefined: keys are the operator's, who types one
 * @param now ms
 */
export function createSignIn(key: string | undefined, now: () => number): SignIn {
  /** Digest of a code → until when it is good. Looking a digest up tells nothing of the code by its time. */
  const codes = new Map<string, number>()
  return {
    code() {
      if (key === undefined) return undefined
      const code = randomBytes(CODE_BYTES).toString('base64url')
      codes.set(digest(code), now() + LIFETIME_MS)
      if (codes.size > MOST_CODES) codes.delete(codes.keys().next().value!)
      return code
    },
    exchange(code) {
      const id = digest(code)
      const until = codes.get(id)
      codes.delete(id)
      if (key !== undefined && until !== undefined && now() < until) return key
      throw new TributaryError(
        'unauthenticated',
        'this link has been used, or is older than an hour; sign in with a key, or start again for a new link',
      )
    },
  }
}

function digest(code: string): string {
  return createHash('sha256').update(code).digest('base64')
}
