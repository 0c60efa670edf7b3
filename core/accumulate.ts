import { type CellValue, combineScalar } from './cells/cells.ts'
import { addToHistogram } from './cells/histogram.ts'
import { addDistinct } from './cells/hyperloglog.ts'
import type { Vector } from './cells/vector.ts'
import { addScaled, type Scaled, scaledText, toScaled } from './decimal.ts'
import { type Field, readerOf } from './fields.ts'
import { compileFilter } from './filter.ts'
import { compileGroup } from './group.ts'
import type { CellPlan, Metric } from './metric-plan.ts'
import { floorTo, WINDOWS } from './time.ts'

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
  const adders = metric.cells.map(compileCell)
  return {
    metric,
    counts: compileFilter(metric.filter) ?? (() => true),
    groupOf: compileGroup(metric.by),
    windowOf: time => floorTo(time, length),
    add: (cells, data) => {
      for (let i = 0; i < adders.length; i++) adders[i]!(cells, i, data)
    },
  }
}

type CellAdder = (cells: CellValue[], at: number, data: Data) => void

function compileCell({ kind, field }: CellPlan): CellAdder {
  if (field === undefined) return addOne
  const read = readerOf(field.path)
  const isSet = (value: unknown) => value !== undefined && value !== null
  if (kind === 'count') return (cells, at, data) => (isSet(read(data)) ? addOne(cells, at) : undefined)
  if (kind === 'registers') {
    const text = distinctText(field)
    return (cells, at, data) => {
      const value = read(data)
      if (isSet(value)) addDistinct(cells[at] as Vector, text(value))
    }
  }
  const scale = field.scale!
  return (cells, at, data) => {
    const value = read(data)
    if (typeof value !== 'number') return
    const scaled = toScaled(value, scale)
    if (kind === 'bins') addToHistogram(cells[at] as Vector, scaled)
    else cells[at] = combineScalar(kind, cells[at] as Scaled | null, scaled)
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
