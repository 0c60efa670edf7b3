import type { CellValue, CellValues } from './cell-type.ts'
import { CELLS, type CellKind } from './table.ts'

export type { CellValue, CellValues } from './cell-type.ts'
export type { CellKind } from './table.ts'

/** The identity of a kind. */
export function emptyCell(kind: CellKind): CellValue {
  return CELLS[kind].empty()
}

/** Combines two cells of one kind into a new one. */
export function combineCell(kind: CellKind, a: CellValue, b: CellValue): CellValue {
  return CELLS[kind].combine(a, b)
}

/** Combines two partials cell by cell. */
export function combineCells(kinds: readonly CellKind[], a: CellValues, b: CellValues): CellValues {
  return kinds.map((kind, i) => CELLS[kind].combine(a[i]!, b[i]!))
}

/** Canonical text of a cell, equal in every engine; null for an identity without one. */
export function formatCell(kind: CellKind, value: CellValue): string | null {
  return CELLS[kind].format(value)
}

/** Reads canonical text. */
export function parseCell(kind: CellKind, text: string | null): CellValue {
  return CELLS[kind].parse(text)
}

/**
 * Whether two canonical texts are of one value: the same, or what an earlier version and this one keep of it.
 * An epoch that was open while the version changed is such a case.
 */
export function sameCell(kind: CellKind, a: string | null, b: string | null): boolean {
  if (a === b) return true
  const { coarse, parse, format } = CELLS[kind]
  return coarse !== undefined && format(coarse(parse(a))) === format(coarse(parse(b)))
}

/** Cells as one canonical text, for storage and for comparing partials of two layers. */
export function formatCells(kinds: readonly CellKind[], cells: CellValues): string {
  return JSON.stringify(cells.map((cell, i) => formatCell(kinds[i]!, cell)))
}

/** Reads what `formatCells` wrote. */
export function parseCells(kinds: readonly CellKind[], text: string): CellValues {
  const texts = JSON.parse(text) as (string | null)[]
  return kinds.map((kind, i) => parseCell(kind, texts[i] ?? null))
}

/** Between two packed cells; no cell has one. */
export const BETWEEN = '\t'

/** Cells as short text, for stores that bill by the kilobyte. */
export function packCells(kinds: readonly CellKind[], cells: CellValues): string {
  let text = ''
  for (let i = 0; i < kinds.length; i++) text += (i === 0 ? '' : BETWEEN) + CELLS[kinds[i]!].pack(cells[i]!)
  return text
}

/** Reads what `packCells` wrote. */
export function unpackCells(kinds: readonly CellKind[], text: string): CellValues {
  const texts = text.split(BETWEEN)
  return kinds.map((kind, i) => CELLS[kind].unpack(texts[i] ?? ''))
}
