import { floorTo } from './time.ts'

/** Epoch (start, ms) in which an instant falls. */
export function epochOf(ms: number, epochLength: number): number {
  return floorTo(ms, epochLength)
}

const UNITS = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const

/**
 * Reads a duration such as `10s`, `15m`, `1h`, `7d` as ms; undefined where it is none.
 *
 * @example parseDuration('10s') === 10_000
 */
export function parseDuration(text: string): number | undefined {
  const parts = /^(\d{1,6})(s|m|h|d)$/.exec(text)
  if (parts === null) return undefined
  const ms = Number(parts[1]) * UNITS[parts[2] as keyof typeof UNITS]
  return ms > 0 ? ms : undefined
}
