/** So much of something in each of equal stretches of time. */
export type Allowance = {
  /** What is counted: `requests` or `events`. */
  readonly of: 'requests' | 'events'
  readonly most: number
  /** Length of a window, ms; windows begin at multiples of it since 1970. */
  readonly windowMs: number
}

/** What keys have used of what they may. */
export type Allowances = {
  /**
   * Takes `amount` of what a key may have in the window that `now` lies in: all of it, or nothing where less
   * is left. Answers what is left afterwards; undefined: nothing was taken.
   */
  take(key: string, allowance: Allowance, amount: number, now: number): Promise<number | undefined>
}
