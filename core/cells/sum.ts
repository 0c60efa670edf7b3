import { addScaled, type Scaled } from '../data/decimal.ts'
import type { CellType } from './cell-type.ts'
import { scalarCell, scalarSql } from './scalar.ts'

/** Exact decimal sum. */
export const sum: CellType<Scaled | null, 'scaled'> = {
  ...scalarCell,
  combine: (a, b) => (a === null ? b : b === null ? a : addScaled(a, b)),
  takes: 'scaled',
  total: 'sum',
  adder: at => (cells, value) => {
    const before = cells[at] as Scaled | null
    cells[at] = before === null ? value : addScaled(before, value)
  },
  sql: {
    ...scalarSql('max'),
    aggregates: (dialect, value, field) => [
      // Engines add decimals up in 38 digits or nearly so; integers, some, in 64 bits.
      field!.kind === 'integer' ? dialect.sumOfIntegers(value) : `sum(${value})`,
    ],
  },
}
