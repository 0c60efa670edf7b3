import type { CellKind, CellValues } from '../../../core/cells/cells.ts'
import { combineCells } from '../../../core/cells/cells.ts'
import { cellsAt, createRows, firstRow, nextRow, type Rows } from './rows.ts'

/** Items in memory: metric → epoch → rows. Forgetting an epoch is one deletion. */
export type EpochIndex = Map<string, Map<number, Rows>>

/** The rows of a metric and epoch, made when missing. */
export function rowsIn(index: EpochIndex, metric: string, epoch: number, kinds: readonly CellKind[]): Rows {
  let epochs = index.get(metric)
  if (epochs === undefined) {
    epochs = new Map()
    index.set(metric, epochs)
  }
  let rows = epochs.get(epoch)
  if (rows === undefined) {
    rows = createRows(metric, epoch, kinds)
    epochs.set(epoch, rows)
  }
  return rows
}

/** All rows there are, epoch by epoch. */
export function* allRows(index: EpochIndex): Generator<Rows> {
  for (const epochs of index.values()) yield* epochs.values()
}

/** The partial of one (window, group): its items combined over lanes. Undefined where there is none. */
export function combined(
  rows: Rows,
  window: number,
  group: number | undefined,
  kinds: readonly CellKind[],
): CellValues | undefined {
  if (group === undefined) return undefined
  let cells: CellValues | undefined
  for (let row = firstRow(rows, window, group); row >= 0; row = nextRow(rows, row)) {
    const own = cellsAt(rows, row)
    cells = cells === undefined ? own : combineCells(kinds, cells, own)
  }
  return cells
}

/** Items in memory. */
export function itemCount(index: EpochIndex): number {
  let count = 0
  for (const rows of allRows(index)) count += rows.count
  return count
}
