import type { Access } from '../core/access/access.ts'
import { TributaryError } from '../core/errors.ts'
import type { Allowance, Allowances } from '../core/ports/callers/allowances.ts'

/** How a key stands after a call: what it may, what is left of it, and for how long, s. */
export type Standing = Allowance & { readonly left: number; readonly seconds: number }

/** Counts what keys with limits do. */
export type Allow = {
  /** Counts a call of a key that has a rate; `left` is below 0 where it is one too many. */
  request(access: Access): Promise<Standing | undefined>
  /** Counts events that are about to be stored. @throws TributaryError `too_many` when the day has no more */
  events(access: Access, count: number): Promise<void>
}

export type AllowPorts = {
  readonly allowances: Allowances
  /** ms since 1970. */
  readonly now: () => number
  /** Is told when it is not known what a key has used: it is let pass. */
  readonly report: (failure: unknown) => void
}

/** A rate is looked at over so many seconds, so that a burst within them passes. */
const RATE_SECONDS = 10
const DAY_MS = 86_400_000

/**
 * Builds the count of what keys do. Windows are fixed, so that in the worst case twice the rate passes around
 * the end of one. Who cannot be counted, as the count's own store fails, is let pass: a limit must not stop
 * what it is there to protect.
 */
export function createAllow({ allowances, now, report }: AllowPorts): Allow {
  const take = async (
    access: Access,
    allowance: Allowance,
    amount: number,
  ): Promise<Standing | undefined> => {
    const at = now()
    const { windowMs } = allowance
    try {
      const left = (await allowances.take(access.name, allowance, amount, at)) ?? -1
      return { ...allowance, left, seconds: Math.ceil((windowMs - (at % windowMs)) / 1000) }
    } catch (failure) {
      report(failure)
      return undefined
    }
  }
  return {
    request: async access => (access.rate === undefined ? undefined : take(access, rateOf(access.rate), 1)),
    async events(access, count) {
      if (access.events === undefined) return
      const standing = await take(access, { of: 'events', most: access.events, windowMs: DAY_MS }, count)
      if (standing === undefined || standing.left >= 0) return
      throw new TributaryError(
        'too_many',
        `key ${access.name} may send ${access.events} events a day (UTC), and these ${count} are beyond it; ask for more, or send them later`,
        { retryAfter: standing.seconds },
      )
    },
  }
}

function rateOf(rate: number): Allowance {
  return { of: 'requests', most: rate * RATE_SECONDS, windowMs: RATE_SECONDS * 1000 }
}

/** Why a call is one too many. */
export function tooFast(access: Access, { seconds }: Standing): TributaryError {
  const detail = `key ${access.name} may make ${access.rate} requests a second, looked at over ${RATE_SECONDS} s; wait, and send more events in each`
  return new TributaryError('too_many', detail, { retryAfter: seconds })
}
