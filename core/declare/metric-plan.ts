import { hash } from 'node:crypto'
import { type CellKind, type CellValues, emptyCell } from '../cells/cells.ts'
import type { Field } from '../data/fields.ts'
import type { Filter } from '../data/filter.ts'
import type { Window } from '../data/time.ts'
import type { Measure } from './measures.ts'

/** One cell a metric keeps. Measures share cells: a mean and a sum of one field keep one sum. */
export type CellPlan = {
  /** `count`, `sum_trip_duration`, …: unique in the metric, and its column name in partials. */
  readonly name: string
  readonly kind: CellKind
  /** Undefined for the count of events. */
  readonly field: Field | undefined
}

/** How a measure is presented from the metric's cells: indexes into `cells`. */
export type MeasurePlan = {
  readonly name: string
  readonly measure: Measure
  readonly cell: number
  /** For a mean: the cell that counts the values. */
  readonly countCell: number | undefined
  /** For a quantile: the cells of the field's least and largest value, where other measures keep them. It lies between. */
  readonly minCell: number | undefined
  readonly maxCell: number | undefined
  readonly scale: number
}

/** A metric with its fields resolved and its cells laid out. */
export type Metric = {
  /** Name and fingerprint of the declaration: a changed declaration is another metric to every store. */
  readonly id: string
  readonly name: string
  readonly title: string
  readonly description: string
  /** Event type. */
  readonly type: string
  readonly window: Window
  readonly by: readonly Field[]
  readonly filter: Filter
  readonly cells: readonly CellPlan[]
  readonly kinds: readonly CellKind[]
  readonly measures: readonly MeasurePlan[]
}

/** Lays out the cells that measures need, each once. */
export function planCells(
  measures: readonly { name: string; measure: Measure; field: Field | undefined }[],
): {
  cells: readonly CellPlan[]
  measures: readonly MeasurePlan[]
} {
  const cells: CellPlan[] = []
  const use = (kind: CellKind, field: Field | undefined): number => {
    const name = field === undefined ? kind : `${kind}_${field.column}`
    const known = cells.findIndex(cell => cell.name === name)
    return known >= 0 ? known : cells.push({ name, kind, field }) - 1
  }
  const used = measures.map(({ measure, field }) => ({
    cell: use(measure.kind === 'mean' ? 'sum' : CELL_OF[measure.kind], field),
    countCell: measure.kind === 'mean' ? use('count', field) : undefined,
  }))
  const known = (kind: CellKind, field: Field | undefined) => {
    const at = cells.findIndex(cell => cell.kind === kind && cell.field === field)
    return at >= 0 ? at : undefined
  }
  const plans = measures.map(({ name, measure, field }, i): MeasurePlan => {
    const isQuantile = measure.kind === 'quantile'
    const minCell = isQuantile ? known('min', field) : undefined
    const maxCell = isQuantile ? known('max', field) : undefined
    return { name, measure, ...used[i]!, minCell, maxCell, scale: field?.scale ?? 0 }
  })
  return { cells, measures: plans }
}

const CELL_OF = {
  count: 'count',
  sum: 'sum',
  min: 'min',
  max: 'max',
  distinct: 'registers',
  quantile: 'bins',
} as const satisfies Record<string, CellKind>

/** The identity partial of a metric. */
export function emptyCells(metric: Metric): CellValues {
  return metric.kinds.map(emptyCell)
}

/** Eight hex digits over everything that decides a metric's cells. */
export function fingerprint(metric: Omit<Metric, 'id'>): string {
  const meaning = {
    type: metric.type,
    window: metric.window,
    by: metric.by.map(f => [f.name, f.kind, f.scale ?? null]),
    filter: metric.filter.map(({ field, condition }) => [field.name, field.scale ?? null, condition]),
    cells: metric.cells.map(c => [c.name, c.field?.name ?? null, c.field?.scale ?? null]),
  }
  return hash('sha256', JSON.stringify(meaning), 'hex').slice(0, 8)
}
