import { type CellValues, combineCells, formatCells } from '../../core/cells/cells.ts'
import { parseGroup } from '../../core/data/group.ts'
import type { Relation, TypePlace } from '../../core/lake/relation.ts'
import {
  byEpoch,
  cellsByEpoch,
  curatedOfCell,
  EPOCH_MS,
  lastReceived,
} from '../../core/sql/explain/cell-rows.ts'
import { countedOfCell } from '../../core/sql/explain/raw-lines.ts'
import type { Query } from '../../core/sql/query.ts'
import { cellsOf, partialRows } from '../batch/partial-rows.ts'
import type { LookTask } from './look-into-lake.ts'
import { repeatingCells } from './repeating-cells.ts'
import type { StoredCell } from './stored-cells.ts'

type Computed = { readonly cells: CellValues; readonly last: number }

/** What epochs have of a cell, computed from their events. */
export type ComputedCells = {
  /** Events of an epoch. */
  eventsIn(epoch: number): number
  /** Several epochs as one; undefined where none has an event. */
  combined(
    epochs: readonly number[],
  ): { readonly cells: string; readonly events: number; readonly last: number } | undefined
}

/**
 * Computes the cell of each epoch: of curated rows, and of lines that nobody has refined (`unrefined`).
 * `stored`: what the batch layer keeps of it, which tells how much there is to compute.
 */
export async function computeCells(
  task: LookTask,
  curated: readonly (Relation & TypePlace)[],
  unrefined: readonly number[],
  stored: readonly StoredCell[],
): Promise<ComputedCells> {
  const { metric, engine, question } = task
  const found = new Map<number, Computed>()
  if (curated.length > 0) {
    const rowsOf = (some: readonly (Relation & TypePlace)[]) =>
      curatedOfCell(engine.dialect, metric, question.cell, engine.dialect.scan(some))
    const dictionaries = await repeatingCells(task, curated, stored)
    await compute(task, rowsOf(curated), found, dictionaries, epochs =>
      rowsOf(curated.filter(({ epoch }) => epochs.includes(epoch))),
    )
  }
  if (unrefined.length > 0) await compute(task, countedOfCell(unrefined), found, [], countedOfCell)
  const { kinds } = byEpoch(metric)
  const eventsOf = ({ cells }: Computed) => Number(cells.at(-1))
  return {
    eventsIn: epoch => {
      const own = found.get(epoch)
      return own === undefined ? 0 : eventsOf(own)
    },
    combined(epochs) {
      const own = epochs.flatMap(epoch => found.get(epoch) ?? [])
      if (own.length === 0) return undefined
      const all = own.reduce((a, b) => ({
        cells: combineCells(kinds, a.cells, b.cells),
        last: Math.max(a.last, b.last),
      }))
      const cells = formatCells(metric.kinds, all.cells.slice(0, -1))
      return { cells, events: eventsOf(all), last: all.last }
    },
  }
}

async function compute(
  { session, engine, metric, question }: LookTask,
  rows: Query,
  found: Map<number, Computed>,
  dictionaries: readonly boolean[],
  rowsIn: (epochs: readonly number[]) => Query,
): Promise<void> {
  const wide = byEpoch(metric)
  const cells = new Map<number, CellValues>()
  for await (const chunk of partialRows(
    session,
    wide,
    cellsByEpoch(engine.dialect, metric, rows, dictionaries),
  ))
    for (const row of chunk) {
      const epoch = Number(parseGroup(row.group)[EPOCH_MS])
      const own = cellsOf(wide, row)
      const before = cells.get(epoch)
      cells.set(epoch, before === undefined ? own : combineCells(wide.kinds, before, own))
    }
  // Of epochs within the window nobody asks, and it takes another scan: of those epochs alone.
  const late = [...cells.keys()].filter(epoch => epoch >= question.cell.windows.to)
  const last = late.length === 0 ? [] : await session.rows(lastReceived(rowsIn(late), late))
  const lastOf = new Map(last.map(row => [Number(row['epoch']), Number(row['last'])]))
  for (const [epoch, own] of cells) found.set(epoch, { cells: own, last: lastOf.get(epoch) ?? epoch })
}
