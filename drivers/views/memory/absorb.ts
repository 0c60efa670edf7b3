import type { CellValue } from '../../../core/cells/cells.ts'
import type { Fold, PlacedEvent } from '../../../core/fold/share.ts'
import { groupOfEntry } from './groups.ts'
import { isAfter, numberOf, setPosition } from './positions.ts'
import { addRow, findRow, noteChange, type Rows, setCells } from './rows.ts'

/**
 * Adds entries, in stream order, to the rows of their items: each row takes what lies after its position.
 * Nothing is awaited and scalars are put back only when all cells of an entry are known, so no reader, and no
 * failure, finds half an entry in a row.
 */
export function absorb(fold: Fold, entries: readonly PlacedEvent[], rowsOf: (epoch: number) => Rows): void {
  const cells: CellValue[] = []
  let rows: Rows | undefined
  let sequence: string | undefined
  let number = Number.NaN
  for (const entry of entries) {
    if (!fold.counts(entry)) continue
    if (rows === undefined || rows.epoch !== entry.epoch) rows = rowsOf(entry.epoch)
    if (entry.sequence !== sequence) {
      // Once a record: its events share the very same text.
      sequence = entry.sequence
      number = numberOf(sequence)
    }
    const row = rowOf(rows, fold, entry)
    if (!isAfter(rows.positions, row, entry, number)) continue
    for (let at = 0; at < rows.cells.length; at++) cells[at] = rows.cells[at]!.get(row)
    fold.add(cells, entry)
    setCells(rows, row, cells)
    setPosition(rows.positions, row, entry, number)
    noteChange(rows, row)
  }
}

function rowOf(rows: Rows, fold: Fold, entry: PlacedEvent): number {
  const window = fold.windowOf(entry)
  const group = groupOfEntry(rows.groups, fold, entry)
  const row = findRow(rows, window, group, entry.lane)
  return row >= 0 ? row : addRow(rows, window, group, entry.lane)
}
