import type { AlertCondition, Bounds } from '../declare/alerts/conditions.ts'

/** What one window has of one group. */
export type Seen = {
  /** Whether it has any event. */
  readonly isThere: boolean
  /** The measure; null where there is nothing to measure, and for `absence`. */
  readonly value: number | null
  /** The same of the window that it is compared with. */
  readonly before: number | null
}

/**
 * Whether a window is one of concern. A number that is not there is out of no bounds, and so is a ratio to
 * nothing: `absence` is the condition that asks for events.
 */
export function isBreach(condition: AlertCondition, { isThere, value, before }: Seen): boolean {
  if (condition.kind === 'absence') return !isThere
  if (value === null) return false
  if (condition.kind === 'threshold') return isBeyond(condition, value)
  if (before === null) return false
  const { ratio, difference } = condition
  if (ratio === undefined) return isBeyond(difference ?? {}, value - before)
  return before !== 0 && isBeyond(ratio, value / before)
}

function isBeyond({ above = Infinity, below = -Infinity }: Bounds, value: number): boolean {
  return value > above || value < below
}
