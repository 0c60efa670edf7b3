import type { Add, Takes } from '../cells/cell-type.ts'
import { CELLS } from '../cells/table.ts'
import { type Scaled, toScaled } from '../data/decimal.ts'
import type { Field } from '../data/fields.ts'
import { compileFilter } from '../data/filter.ts'
import { compileGroup } from '../data/group.ts'
import { readableOf } from '../data/readable.ts'
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
  /** Adds an event to cells, in place. Cells must be the caller's own. */
  readonly add: Add<Data>
}

/**
 * Compiles a metric to its incremental update. A value that cannot be read as its field is declared is
 * missing: the event may be older than the declaration.
 */
export function compileAccumulator(metric: Metric): Accumulator {
  const length = WINDOWS[metric.window]
  const fields = compileFields(metric.cells)
  return {
    metric,
    counts: compileFilter(metric.filter) ?? (() => true),
    groupOf: compileGroup(metric.by, readableOf),
    windowOf: time => floorTo(time, length),
    add: (cells, data, time, receipt) => {
      for (const add of fields) add(cells, data, time, receipt)
    },
  }
}

/** Each field is read, and made an exact number, once for all of its cells. */
function compileFields(cells: readonly CellPlan[]): readonly Add<Data>[] {
  const places = cells.map(({ kind, field }, at) => ({ type: CELLS[kind], field, at }))
  return [...Map.groupBy(places, ({ field }) => field)].map(([field, group]) => {
    const adders = (takes: Takes) =>
      group.flatMap(({ type, at }) => (type.takes === takes ? [type.adder(at, field)] : []))
    const values: Add<unknown> | undefined = inTurn(adders('value'))
    // Cells without a field take the event itself in.
    return field === undefined ? values! : addField(field, values, inTurn(adders('scaled')))
  })
}

/** One after the other; undefined where there is none. A call to each costs less than a loop over two. */
function inTurn<T>([first, second, ...rest]: readonly Add<T>[]): Add<T> | undefined {
  if (first === undefined || second === undefined) return first
  const others = inTurn(rest)
  return (cells, value, time, receipt) => {
    first(cells, value, time, receipt)
    second(cells, value, time, receipt)
    if (others !== undefined) others(cells, value, time, receipt)
  }
}

function addField(
  field: Field,
  addValue: Add<unknown> | undefined,
  addNumber: Add<Scaled> | undefined,
): Add<Data> {
  const read = readableOf(field)
  const scale = field.scale!
  return (cells, data, time, receipt) => {
    const value = read(data)
    if (value === undefined || value === null) return
    if (addValue !== undefined) addValue(cells, value, time, receipt)
    if (addNumber !== undefined && typeof value === 'number')
      addNumber(cells, toScaled(value, scale), time, receipt)
  }
}
