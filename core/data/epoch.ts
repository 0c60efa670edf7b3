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

/** How long an event id is remembered: a time, or, as earlier versions had it, a number of epochs. */
export type Horizon = { readonly ms: number } | { readonly epochs: number }

/** A day: longer than any sender tries again. */
export const DEFAULT_HORIZON: Horizon = { ms: 86_400_000 }

/**
 * A horizon in whole epochs, by which both layers measure it: an id is remembered in so many epochs after the
 * one that counted it. Two at least, as an event may be sent again right after the end of its epoch.
 */
export function horizonEpochs(horizon: Horizon, epochLength: number): number {
  return Math.max(2, 'ms' in horizon ? Math.ceil(horizon.ms / epochLength) : horizon.epochs)
}
