import type { CellKind, CellValue } from '../../../core/cells/cells.ts'
import { CELLS } from '../../../core/cells/table.ts'
import type { Scaled } from '../../../core/data/decimal.ts'

/** The cells of one place of a metric, a row an item. */
export type Column = {
  /** Whether a row is one number, in `Taken.numbers`. */
  readonly hasNumbers: boolean
  /** The column's own value: whoever gives it away or keeps it copies it (`copyOf`). */
  get(row: number): CellValue
  set(row: number, value: CellValue): void
  /** Makes room for so many rows; new ones hold the identity. */
  grow(rows: number): void
  take(from: number, to: number): Taken
  /** Puts back what `take` gave, from row `from` on. */
  restore(from: number, taken: Taken): void
}

/** Some rows of a column: one number a row, where it has such, and else what a structured clone takes. */
export type Taken = { readonly numbers: Float64Array | undefined; readonly others: unknown }

/** A column for cells of a kind. */
export function columnOf(kind: CellKind): Column {
  const { isDense, empty } = CELLS[kind]
  return isDense ? scaledColumn(empty() as Scaled | null) : valueColumn(empty)
}

/** A value of the caller's own. */
export function copyOf(value: CellValue): CellValue {
  return Array.isArray(value) ? value.slice() : value
}

/**
 * Scaled numbers, eight bytes each: doubles hold every safe integer, and what is beyond lies beside them. Not
 * a number stands for null.
 */
function scaledColumn(empty: Scaled | null): Column {
  const identity = empty === null ? Number.NaN : Number(empty)
  let numbers = new Float64Array(0)
  const large = new Map<number, bigint>()
  return {
    hasNumbers: true,
    get(row) {
      const value = numbers[row]!
      if (!Number.isNaN(value)) return value
      return large.get(row) ?? null
    },
    set(row, value) {
      if (typeof value === 'number') {
        if (large.size > 0) large.delete(row)
        numbers[row] = value
        return
      }
      numbers[row] = Number.NaN
      if (value === null) large.delete(row)
      else large.set(row, value as bigint)
    },
    grow(rows) {
      const wider = new Float64Array(rows)
      wider.set(numbers)
      if (identity !== 0) wider.fill(identity, numbers.length)
      numbers = wider
    },
    take(from, to) {
      const beyond = [...large].filter(([row]) => row >= from && row < to)
      const others = beyond.map(([row, value]) => [row - from, value])
      return { numbers: numbers.subarray(from, to), others }
    },
    restore(from, taken) {
      numbers.set(taken.numbers!, from)
      for (const [row, value] of taken.others as [number, bigint][]) large.set(from + row, value)
    },
  }
}

/** Values of any other kind, as they are. */
function valueColumn(empty: () => CellValue): Column {
  const values: CellValue[] = []
  return {
    hasNumbers: false,
    get(row) {
      values[row] ??= empty()
      return values[row]!
    },
    set: (row, value) => {
      values[row] = value
    },
    grow: () => undefined,
    take: (from, to) => ({ numbers: undefined, others: values.slice(from, to) }),
    restore(from, { others }) {
      for (const [i, value] of (others as CellValue[]).entries())
        if (value !== undefined) values[from + i] = value
    },
  }
}
