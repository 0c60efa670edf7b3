import type { Allowance, Allowances } from '../../core/ports/callers/allowances.ts'

/** Start of a window (ms since 1970), and what is used of it, by key and what is counted. */
export type Used = Map<string, readonly [start: number, taken: number]>

/** What keys have used, in memory: exact for one process. */
export function createMemoryAllowances(used: Used = new Map()): Allowances {
  return {
    async take(key, { of, most, windowMs }: Allowance, amount, now) {
      const start = now - (now % windowMs)
      const name = `${of} ${key}`
      const [since, before] = used.get(name) ?? [start, 0]
      // A clock that was set back goes on with the window that it knows.
      const taken = (since >= start ? before : 0) + amount
      if (taken > most) return undefined
      used.set(name, [Math.max(since, start), taken])
      return most - taken
    },
  }
}
