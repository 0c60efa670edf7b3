import { type CellValue, combineScalar } from '../cells/cells.ts'
import { addToHistogram } from '../cells/histogram.ts'
import { addDistinct } from '../cells/hyperloglog.ts'
import type { Vector } from '../cells/vector.ts'
import { addScaled, type Scaled, scaledText, toScaled } from '../data/decimal.ts'
import { type Field, readerOf } from '../data/fields.ts'
import { compileFilter } from '../data/filter.ts'
import { compileGroup } from '../data/group.ts'
import { floorTo, WINDOWS } from '../data/time.ts'
import type { CellPlan, Metric } from '../declare/metric-plan.ts'

type Data = Record<string, unknown>

/** What the speed layer does with an event for one metric: the incremental half of a declaration. */
export type Accumulator = {
  readonly metric: Metric
  /** Whether the event passes the metric's filter. */
  readonly counts: (data: Data) => boolean
  /** Canonical group text. */
  readonly groupOf: (data: Data) => string
  /** Start of the window of an event time, ms. */
  readonly windowOf: (time: number) => number
  /** Adds the event to cells, in place. Cells must be the caller's own. */
  readonly add: (cells: CellValue[], data: Data) => void
}

/** Compiles a metric to its incremental update. */
export function compileAccumulator(metric: Metric): Accumulator {
  const length = WINDOWS[metric.window]
  const adders = compileCells(metric.cells)
  return {
    metric,
    counts: compileFilter(metric.filter) ?? (() => true),
    groupOf: compileGroup(metric.by),
    windowOf: time => floorTo(time, length),
    add: (cells, data) => {
      for (const adder of adders) adder(cells, data)
    },
  }
}

type Adder = (cells: CellValue[], data: Data) => void

/** A cell's place among the cells of its metric, and what it holds. */
type Place = { readonly at: number; readonly kind: CellPlan['kind'] }

/** Cells over one field share its reading and scaling. */
function compileCells(cells: readonly CellPlan[]): readonly Adder[] {
  const places = cells.map(({ kind, field }, at) => ({ at, kind, field }))
  const byField = Map.groupBy(places, ({ field }) => field)
  return [...byField].map(([field, group]) =>
    field === undefined ? countEvents(group) : compileField(field, group),
  )
}

function countEvents(places: readonly Place[]): Adder {
  return cells => {
    for (const { at } of places) addOne(cells, at)
  }
}

function compileField(field: Field, places: readonly Place[]): Adder {
  const read = readerOf(field.path)
  const text = distinctText(field)
  const {
    counts = [],
    registers = [],
    numbers = [],
  } = Object.groupBy(places, ({ kind }) =>
    kind === 'count' ? 'counts' : kind === 'registers' ? 'registers' : 'numbers',
  )
  return (cells, data) => {
    const value = read(data)
    if (value === undefined || value === null) return
    for (const { at } of counts) addOne(cells, at)
    for (const { at } of registers) addDistinct(cells[at] as Vector, text(value))
    if (numbers.length > 0 && typeof value === 'number')
      addNumber(cells, numbers, toScaled(value, field.scale!))
  }
}

function addNumber(cells: CellValue[], places: readonly Place[], scaled: Scaled): void {
  for (const { at, kind } of places) {
    if (kind === 'bins') addToHistogram(cells[at] as Vector, scaled)
    else cells[at] = combineScalar(kind as 'sum' | 'min' | 'max', cells[at] as Scaled | null, scaled)
  }
}

function addOne(cells: CellValue[], at: number): void {
  cells[at] = addScaled(cells[at] as Scaled, 1)
}

/** The text a value is hashed by: strings as they are, numbers as shortest decimals (integers as they are), booleans as true and false. */
function distinctText(field: Field): (value: unknown) => string | number {
  const { kind, scale } = field
  if (kind === 'number') return value => scaledText(toScaled(value as number, scale!), scale!)
  return value => (typeof value === 'number' ? value + 0 : String(value))
}
