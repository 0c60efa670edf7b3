import { type CellValue, formatCell } from '../../core/cells/cells.ts'
import { emptyCells, type Metric } from '../../core/declare/metric-plan.ts'
import { compileAccumulator } from '../../core/fold/accumulate.ts'

/** Canonical texts of cells by window and group. */
export type Partials = Map<string, readonly (string | null)[]>

export type TimedEvent = { readonly time: number; readonly data: Record<string, unknown> }

/** Receipt of the i-th event. */
export const receiptOf = (i: number) => `${1_763_720_000_000 + i}-abcdef-0000000-000`

/** The partials of events as the speed layer folds them. */
export function foldedPartials(metric: Metric, events: readonly TimedEvent[]): Partials {
  const accumulator = compileAccumulator(metric)
  const partials = new Map<string, CellValue[]>()
  for (const [i, { time, data }] of events.entries()) {
    if (!accumulator.counts(data)) continue
    const key = `${accumulator.windowOf(time)}|${accumulator.groupOf(data)}`
    let cells = partials.get(key)
    if (cells === undefined) {
      cells = [...emptyCells(metric)]
      partials.set(key, cells)
    }
    accumulator.add(cells, data, time, receiptOf(i))
  }
  return new Map(
    [...partials].map(([key, cells]) => [key, cells.map((cell, i) => formatCell(metric.kinds[i]!, cell))]),
  )
}
