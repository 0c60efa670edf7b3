/** A clock that never shows less than before. */
export type MonotonicClock = {
  /** ms since 1970. */
  readonly now: () => number
  /** How far it shows more than the clock it is made of, ms; 0 where that one was never set back. */
  readonly ahead: () => number
}

/**
 * Makes a clock, in ms since 1970, that never shows less than before, nor less than `floor`. Where the one it
 * is made of was set back it does not stand still until that is there again, which may take a year: it goes
 * on at half the pace. So epochs go on to end, and one day both show the same.
 */
export function createMonotonicClock(floor: number, now: () => number): MonotonicClock {
  let shown = floor
  let seen = Number.POSITIVE_INFINITY
  const look = (): number => {
    const current = now()
    shown = Math.max(current, shown + Math.max(0, current - seen) / 2)
    seen = current
    return current
  }
  return {
    now() {
      look()
      return Math.floor(shown)
    },
    ahead() {
      const current = look()
      return Math.max(0, Math.floor(shown) - current)
    },
  }
}
