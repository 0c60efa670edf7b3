import type { CellKind } from './table.ts'

/**
 * What the speed layer counts of every event type, beside the declared metrics: receipts, and events that
 * count. Kept as ordinary items, so it is as exact under redelivery as any metric; reconciliation compares it
 * with the batch layer.
 */
export const TALLY_KINDS: readonly CellKind[] = ['count', 'count']

/** Index of the cells of a tally. */
export const TALLY = { received: 0, counted: 1 } as const

/** The tally's id in the place of `Metric.id`. */
export function tallyId(type: string): string {
  return `tally.${type}`
}

/** A tally has one group and one window an epoch. */
export const TALLY_GROUP = '{}'
export const TALLY_WINDOW = 0
