import { type CellValue, type CellValues, emptyCell } from '../cells/cells.ts'
import type { Metric } from '../declare/metric-plan.ts'
import type { ReceivedEvent } from '../event/record.ts'
import { type Accumulator, compileAccumulator } from '../fold/accumulate.ts'

/** What an event adds to one cell of a metric: the partial that it would be by itself. */
export type MovedCell = {
  readonly metric: Metric
  /** Start of the window, ms. */
  readonly window: number
  /** Canonical text of the group. */
  readonly group: string
  readonly cells: CellValues
}

/** Which cells an event that counts moves, and which metrics of its type leave it out by their filter. */
export type Moved = { readonly cells: readonly MovedCell[]; readonly leftOut: readonly Metric[] }

/** Compiles it from the very half of the declarations by which the speed layer counts. */
export function compileMovedCells(
  metricsOf: ReadonlyMap<string, readonly Metric[]>,
): (event: ReceivedEvent) => Moved {
  const compiled = new Map<string, readonly Accumulator[]>()
  return event => {
    const known = compiled.get(event.type) ?? (metricsOf.get(event.type) ?? []).map(compileAccumulator)
    compiled.set(event.type, known)
    const data = event.data as Record<string, unknown>
    const counting = known.filter(({ counts }) => counts(data))
    return {
      cells: counting.map(accumulator => movedCell(accumulator, event)),
      leftOut: known.filter(one => !counting.includes(one)).map(({ metric }) => metric),
    }
  }
}

function movedCell({ metric, groupOf, windowOf, add }: Accumulator, event: ReceivedEvent): MovedCell {
  const data = event.data as Record<string, unknown>
  const cells: CellValue[] = metric.kinds.map(emptyCell)
  add(cells, data, event.tbtime, event.tbreceipt)
  return { metric, window: windowOf(event.tbtime), group: groupOf(data), cells }
}
