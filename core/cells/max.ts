import type { Scaled } from '../data/decimal.ts'
import type { CellType } from './cell-type.ts'
import { scalarCell, scalarSql } from './scalar.ts'

/** Largest value. */
export const max: CellType<Scaled | null, 'scaled'> = {
  ...scalarCell,
  combine: (a, b) => (a === null || (b !== null && b > a) ? b : a),
  takes: 'scaled',
  total: 'max',
  adder: at => (cells, value) => {
    const before = cells[at] as Scaled | null
    if (before === null || value > before) cells[at] = value
  },
  sql: scalarSql('max'),
}
