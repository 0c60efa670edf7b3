/** A calendar month in UTC. */
export type Month = {
  /** As in `2026-10`. */
  readonly name: string
  /** Start, and the start of the month after, ms since 1970. */
  readonly from: number
  readonly to: number
}

/** Reads `2026-10`; undefined where it is no month. */
export function parseMonth(text: string): Month | undefined {
  if (!/^[1-9]\d{3}-(?:0[1-9]|1[0-2])$/.test(text)) return undefined
  return monthAt(Number(text.slice(0, 4)), Number(text.slice(5)) - 1)
}

/** The month before the one that holds an instant (ms since 1970). */
export function monthBefore(ms: number): Month {
  const date = new Date(ms)
  return monthAt(date.getUTCFullYear(), date.getUTCMonth() - 1)
}

function monthAt(year: number, month: number): Month {
  const [from, to] = [Date.UTC(year, month), Date.UTC(year, month + 1)]
  return { name: new Date(from).toISOString().slice(0, 7), from, to }
}
