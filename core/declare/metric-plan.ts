import { hash } from 'node:crypto'
import { type CellKind, type CellValues, emptyCell } from '../cells/cells.ts'
import type { Field } from '../data/fields.ts'
import { type Filter, isBetweenValues } from '../data/filter.ts'
import type { Window } from '../data/time.ts'
import type { Result } from '../measures/measure-type.ts'
import { MEASURES, type Measure } from '../measures/table.ts'

/** One cell a metric keeps. Measures share cells: a mean and a sum of one field keep one sum. */
export type CellPlan = {
  /** `count`, `sum_trip_duration`, …: unique in the metric, and its column name in partials. */
  readonly name: string
  readonly kind: CellKind
  /** Undefined for the count of events. */
  readonly field: Field | undefined
}

/** A measure with its field, and where its cells are among the metric's. */
export type MeasurePlan = MeasureUse & {
  /** Places of the cells that it needs, in the order its type names them. */
  readonly cells: readonly number[]
  /** Places of those that it uses where another measure keeps them. */
  readonly also: readonly (number | undefined)[]
  /** What its values are. */
  readonly result: Result
  readonly description: string
}

/** A measure under its name, its field resolved. */
export type MeasureUse = {
  readonly name: string
  readonly measure: Measure
  readonly field: Field | undefined
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
export function planCells(measures: readonly MeasureUse[]): {
  readonly cells: readonly CellPlan[]
  readonly measures: readonly MeasurePlan[]
} {
  const cells: CellPlan[] = []
  const use = (kind: CellKind, field: Field | undefined): number => {
    const name = field === undefined ? kind : `${kind}_${field.column}`
    const known = cells.findIndex(cell => cell.name === name)
    return known >= 0 ? known : cells.push({ name, kind, field }) - 1
  }
  const needed = measures.map(({ measure, field }) =>
    MEASURES[measure.kind].cells(measure).map(kind => use(kind, field)),
  )
  const known = (also: CellKind | 'events', ofField: Field | undefined) => {
    const [kind, field] = also === 'events' ? ['count', undefined] : [also, ofField]
    const at = cells.findIndex(cell => cell.kind === kind && cell.field === field)
    return at >= 0 ? at : undefined
  }
  const plans = measures.map((one, i): MeasurePlan => {
    const { measure, field } = one
    const type = MEASURES[measure.kind]
    return {
      ...one,
      cells: needed[i]!,
      also: type.also.map(kind => known(kind, field)),
      result: type.result(measure, field),
      description: type.describe(measure),
    }
  })
  return { cells, measures: plans }
}

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
    filter: metric.filter.map(({ field, condition }) => [
      ...[field.name, field.scale ?? null, condition],
      // Such a number was once rounded to a value of the field, so that other events passed.
      ...(isBetweenValues(field, condition) ? ['as written'] : []),
    ]),
    cells: metric.cells.map(c => [c.name, c.field?.name ?? null, c.field?.scale ?? null]),
  }
  return hash('sha256', JSON.stringify(meaning), 'hex').slice(0, 8)
}
