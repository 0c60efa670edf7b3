import { valueAt } from '../data/fields.ts'
import { compareText } from '../data/filter.ts'
import type { Group } from '../data/group.ts'
import { isNumberText } from '../json/json.ts'
import type { MeasureValue } from '../measures/measure-type.ts'

/** A row of an answer, as it is shown. */
export type ShownRow = {
  /** Start of the window: ISO instants of one length and zone, so that they sort as texts. */
  readonly window: string
  readonly group: Group
  readonly values: Readonly<Record<string, MeasureValue>>
}

/** By what to sort: the window, a field or a measure. */
export type Order = {
  readonly by: { readonly kind: 'window' } | { readonly kind: 'group' | 'values'; readonly name: string }
  readonly isDescending: boolean
}

/** Rows by each order in turn; rows that all orders find equal stay as they were. */
export function orderRows(rows: readonly ShownRow[], orders: readonly Order[]): readonly ShownRow[] {
  if (orders.length === 0) return rows
  return rows.toSorted((a, b) => {
    for (const { by, isDescending } of orders) {
      const difference = compareValues(sortedBy(a, by), sortedBy(b, by))
      if (difference !== 0) return isDescending ? -difference : difference
    }
    return 0
  })
}

function sortedBy(row: ShownRow, by: Order['by']): unknown {
  if (by.kind === 'window') return row.window
  const value = valueAt(row[by.kind], [by.name])
  // Of numbers that doubles cannot tell apart either may come first.
  return isNumberText(value) ? Number(value.rawJSON) : value
}

/** Orders groups field by field: missing, null, booleans, numbers, text by its bytes. */
export function compareGroups(by: readonly string[], a: Group, b: Group): number {
  for (const name of by) {
    const difference = compareValues(valueAt(a, [name]), valueAt(b, [name]))
    if (difference !== 0) return difference
  }
  return 0
}

/** Orders values of any kind: missing, null, booleans, numbers, text by its bytes. */
export function compareValues(a: unknown, b: unknown): number {
  return rank(a) - rank(b) || compareSameKind(a, b)
}

function rank(value: unknown): number {
  if (value === null) return 1
  return { undefined: 0, boolean: 2, number: 3, string: 4 }[typeof value as string] ?? 5
}

function compareSameKind(a: unknown, b: unknown): number {
  if (typeof a === 'string') return compareText(a, b as string)
  return Number(a ?? 0) - Number(b ?? 0)
}
