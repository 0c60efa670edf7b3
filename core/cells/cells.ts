import { addScaled, type Scaled } from '../data/decimal.ts'
import { formatVector, merge, parseVector, type Vector } from './vector.ts'

/**
 * What a cell holds and how two of them combine. Every kind is a commutative monoid with an identity (`null`, or the
 * empty vector), so partials combine in any order and grouping to the same cell.
 *
 * | kind | value | combine |
 * |---|---|---|
 * | `count` | number of events | sum |
 * | `sum` `min` `max` | scaled integer (core/data/decimal.ts), null before the first value | sum, min, max |
 * | `registers` | HyperLogLog registers | max |
 * | `bins` | histogram bins | sum |
 */
export type CellKind = 'count' | 'sum' | 'min' | 'max' | 'registers' | 'bins'

export type CellValue = Scaled | null | Vector

/** The cells of a partial, in the order the metric declares them. */
export type CellValues = readonly CellValue[]

/** The identity of a kind. */
export function emptyCell(kind: CellKind): CellValue {
  if (kind === 'count') return 0
  return kind === 'registers' || kind === 'bins' ? [] : null
}

/** Combines two cells of one kind into a new one. */
export function combineCell(kind: CellKind, a: CellValue, b: CellValue): CellValue {
  if (kind === 'registers') return merge(a as Vector, b as Vector, 'max')
  if (kind === 'bins') return merge(a as Vector, b as Vector, 'sum')
  return combineScalar(kind, a as Scaled | null, b as Scaled | null)
}

/** Combines two scalar cells; null is the identity. */
export function combineScalar(
  kind: 'count' | 'sum' | 'min' | 'max',
  a: Scaled | null,
  b: Scaled | null,
): Scaled | null {
  if (a === null) return b
  if (b === null) return a
  if (kind === 'min') return b < a ? b : a
  if (kind === 'max') return b > a ? b : a
  return addScaled(a, b)
}

/** Combines two partials cell by cell. */
export function combineCells(kinds: readonly CellKind[], a: CellValues, b: CellValues): CellValues {
  return kinds.map((kind, i) => combineCell(kind, a[i]!, b[i]!))
}

/** Canonical text of a cell, equal in every engine; null for the identity of `sum`, `min` and `max`. */
export function formatCell(kind: CellKind, value: CellValue): string | null {
  if (value === null) return null
  return kind === 'registers' || kind === 'bins' ? formatVector(value as Vector) : String(value)
}

/** Reads canonical text. */
export function parseCell(kind: CellKind, text: string | null): CellValue {
  if (text === null) return emptyCell(kind)
  if (kind === 'registers' || kind === 'bins') return parseVector(text)
  const value = Number(text)
  return Number.isSafeInteger(value) ? value : BigInt(text)
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
