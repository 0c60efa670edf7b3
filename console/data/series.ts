import type { MetricAnswer } from './api.ts'

type Row = MetricAnswer['rows'][number]

/** A window of a group. */
export type Point = {
  /** Start of the window, ms. */
  readonly at: number
  readonly value: number | null
  /** What the batch layer alone has; undefined where it has no such window. */
  readonly batch: number | null | undefined
  /** Some of it is not in the batch layer yet. */
  readonly isLive: boolean
}

/** The points of a group, oldest first. */
export type Series = {
  readonly label: string
  readonly group: Row['group']
  readonly points: readonly Point[]
  readonly total: number
}

/**
 * The values of a measure by group, the largest group first. What is exact and what is live is told apart by
 * asking both for all and for the batch layer alone: where they are the same, nothing live is in a number.
 */
export function seriesOf(rows: readonly Row[], batch: readonly Row[], measure: string): readonly Series[] {
  const exact = new Map(batch.map(row => [keyOf(row), row]))
  const groups = Map.groupBy(rows, row => labelOf(row.group))
  return [...groups]
    .map(([label, own]) => {
      const points = own.map(row => pointOf(row, exact.get(keyOf(row)), measure))
      return {
        label,
        group: own[0]!.group,
        points,
        total: points.reduce((sum, { value }) => sum + Math.abs(value ?? 0), 0),
      }
    })
    .sort((a, b) => b.total - a.total)
}

function pointOf(row: Row, exact: Row | undefined, measure: string): Point {
  return {
    at: Date.parse(row.window),
    value: numberOf(row.values[measure]),
    batch: exact === undefined ? undefined : numberOf(exact.values[measure]),
    isLive: isLive(row, exact),
  }
}

/** Whether a row holds what the batch layer's row does not: any measure tells. */
export function isLive(row: Row, exact: Row | undefined): boolean {
  return exact === undefined || JSON.stringify(exact.values) !== JSON.stringify(row.values)
}

export const keyOf = ({ window, group }: Row): string => `${window} ${JSON.stringify(group)}`

/** `LAX · is_docked = true`: texts speak for themselves. Empty for the group of everything. */
export function labelOf(group: Readonly<Record<string, unknown>>): string {
  return Object.entries(group)
    .map(([name, value]) =>
      typeof value === 'string' && value !== '' ? value : `${name} = ${textOf(value)}`,
    )
    .join(' · ')
}

const textOf = (value: unknown): string => (value === '' ? '""' : String(value))

function numberOf(value: unknown): number | null {
  return typeof value === 'number' ? value : null
}
