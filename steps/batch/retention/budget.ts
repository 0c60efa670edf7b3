/** What one sweep may do; what is left by then is the next one's. */
export type Budget = {
  isSpent(): boolean
  /** Counts something that was done: an epoch removed, or a day condensed. */
  spend(): void
}

/** Epochs and days of one sweep. */
const MOST = 1000

/**
 * @param until when the time is over
 * @param isOver whether the function is about to be ended
 */
export function createBudget(until: number, now: () => number, isOver: () => boolean): Budget {
  let done = 0
  return {
    // One at least, or a sweep that has no time would never come to its end.
    isSpent: () => done >= MOST || (done > 0 && (now() >= until || isOver())),
    spend: () => void done++,
  }
}
