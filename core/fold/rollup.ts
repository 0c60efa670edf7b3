import { type CellValues, combineCells } from '../cells/cells.ts'
import { type Field, valueAt } from '../data/fields.ts'
import { compareText } from '../data/filter.ts'
import { compileGroup, type Group, parseGroup, projectGroup } from '../data/group.ts'
import { floorTo, WINDOWS, type Window } from '../data/time.ts'
import type { Metric } from '../declare/metric-plan.ts'
import type { MetricPartial } from '../ports/views.ts'

/** How a query wants the partials of a metric: coarser windows, fewer fields, some groups only. */
export type Rollup = {
  readonly window: Window
  /** Names of the fields to keep, a part of the metric's. */
  readonly by: readonly string[]
  /** Field name → value it must have. */
  readonly where: Group
}

export type RolledUp = { readonly window: number; readonly group: Group; readonly cells: CellValues }

/**
 * Combines partials to what a query asks for. Cells are monoids, so a rolled-up day is the very day that
 * would have been computed from the events.
 */
export function rollUp(
  metric: Metric,
  partials: Iterable<MetricPartial>,
  { window, by, where }: Rollup,
): readonly RolledUp[] {
  const length = WINDOWS[window]
  const conditions = Object.entries(where)
  const isWhole = by.length === metric.by.length
  const rows = new Map<string, { window: number; text: string; cells: CellValues }>()
  for (const partial of partials) {
    const needsGroup = conditions.length > 0 || !isWhole
    const group = needsGroup ? parseGroup(partial.group) : {}
    if (!conditions.every(([name, value]) => Object.hasOwn(group, name) && group[name] === value)) continue
    const start = floorTo(partial.window, length)
    const text = isWhole ? partial.group : projectGroup(group, by)
    const key = `${start}|${text}`
    const known = rows.get(key)
    if (known === undefined) rows.set(key, { window: start, text, cells: partial.cells })
    else known.cells = combineCells(metric.kinds, known.cells, partial.cells)
  }
  return [...rows.values()]
    .map(row => ({ window: row.window, group: parseGroup(row.text), cells: row.cells }))
    .sort((a, b) => a.window - b.window || compareGroups(by, a.group, b.group))
}

/** The one group that conditions on every field of a metric name; undefined where they leave some open. */
export function exactGroup(fields: readonly Field[], where: Group): string | undefined {
  if (!fields.every(({ name }) => Object.hasOwn(where, name))) return undefined
  return compileGroup(fields.map(field => ({ ...field, path: [field.name] })))(where)
}

/** Orders groups field by field: missing, null, booleans, numbers, text by its bytes. */
function compareGroups(by: readonly string[], a: Group, b: Group): number {
  for (const name of by) {
    const [x, y] = [valueAt(a, [name]), valueAt(b, [name])]
    const difference = rank(x) - rank(y) || compareSameKind(x, y)
    if (difference !== 0) return difference
  }
  return 0
}

function rank(value: unknown): number {
  if (value === null) return 1
  return { undefined: 0, boolean: 2, number: 3, string: 4 }[typeof value as string] ?? 5
}

function compareSameKind(a: unknown, b: unknown): number {
  if (typeof a === 'string') return compareText(a, b as string)
  return Number(a ?? 0) - Number(b ?? 0)
}
