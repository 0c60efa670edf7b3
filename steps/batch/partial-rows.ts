import { type CellValues, combineCells, parseCell } from '../../core/cells/cells.ts'
import type { Metric } from '../../core/declare/metric-plan.ts'
import type { LakeRow, LakeSession } from '../../core/ports/lake-engine.ts'
import { GROUP_COLUMN, WINDOW_COLUMN } from '../../core/sql/aggregate.ts'
import { PRESENT_COLUMN } from '../../core/sql/partials.ts'
import type { Query } from '../../core/sql/query.ts'

/** A row of partials, cells still text. */
export type PartialRow = {
  readonly window: number
  readonly group: string
  readonly texts: readonly (string | null)[]
  /** Whether the key has a partial. Of one all cells may be null: the largest of no amounts is none. */
  readonly isPresent: boolean
}

/** Rows that one chunk of work takes: what batch views are read and written by. */
export const CHUNK = 2000

/** Rows of a partials query, chunk by chunk. */
export async function* partialRows(
  session: LakeSession,
  metric: Metric,
  query: Query,
): AsyncGenerator<readonly PartialRow[]> {
  let chunk: PartialRow[] = []
  for await (const rows of session.stream(query)) {
    for (const row of rows) chunk.push(toPartialRow(metric, row))
    if (chunk.length >= CHUNK) {
      yield chunk
      chunk = []
    }
  }
  if (chunk.length > 0) yield chunk
}

function toPartialRow(metric: Metric, row: LakeRow): PartialRow {
  return {
    window: Number(row[WINDOW_COLUMN]),
    group: String(row[GROUP_COLUMN]),
    texts: metric.cells.map(cell => (row[cell.name] ?? null) as string | null),
    isPresent: row[PRESENT_COLUMN] !== false,
  }
}

/** The cells of a row. */
export function cellsOf(metric: Metric, row: Pick<PartialRow, 'texts'>): CellValues {
  return row.texts.map((text, i) => parseCell(metric.kinds[i]!, text))
}

/** A key and the combined cells of its partials; undefined where it has none. */
export type Combined = {
  readonly window: number
  readonly group: string
  readonly cells: CellValues | undefined
}

/** Combines rows that follow each other under one key. `rows` are in order of key. */
export async function* combined(
  metric: Metric,
  chunks: AsyncIterable<readonly PartialRow[]>,
): AsyncGenerator<readonly Combined[]> {
  let last: { window: number; group: string; cells: CellValues | undefined } | undefined
  for await (const chunk of chunks) {
    const done: Combined[] = []
    for (const row of chunk) {
      const cells = row.isPresent ? cellsOf(metric, row) : undefined
      if (last?.window === row.window && last.group === row.group) {
        last.cells = add(metric, last.cells, cells)
      } else {
        if (last !== undefined) done.push(last)
        last = { window: row.window, group: row.group, cells }
      }
    }
    yield done
  }
  if (last !== undefined) yield [last]
}

/** Combines cells of which either may be missing. */
export function add(
  metric: Metric,
  a: CellValues | undefined,
  b: CellValues | undefined,
): CellValues | undefined {
  if (a === undefined || b === undefined) return a ?? b
  return combineCells(metric.kinds, a, b)
}
