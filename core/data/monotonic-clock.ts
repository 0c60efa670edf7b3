/** A clock in ms since 1970 that never shows less than before, nor less than `floor`. */
export function createMonotonicClock(floor: number, now: () => number): () => number {
  let last = floor
  return () => {
    const current = now()
    if (current > last) last = current
    return last
  }
}
