import type { Dialect, Sql } from '../../sql/dialect.ts'
import type { CellType } from '../cell-type.ts'
import { addToHistogram } from '../histogram.ts'
import { merge, type Vector } from '../vector.ts'
import { entryText, vectorCell } from '../vector-cell.ts'

/** Histogram bins: how many values fell in each. */
export const bins: CellType<Vector, 'scaled'> = {
  ...vectorCell,
  combine: (a, b) => merge(a, b, 'sum'),
  takes: 'scaled',
  adder: at => (cells, value) => addToHistogram(cells[at] as Vector, value),
  // 23,600 bins (three digits of numbers with up to 16, of either sign) with counts up to a million.
  largest: 75,
  sql: {
    form: 'sketch',
    readsText: false,
    column: (dialect, field) => dialect.identifier(field.column),
    value: (dialect, field, column) => dialect.scaled(column, field.scale!),
    prepare: (_dialect, value) => value,
    entry: binSql,
    isDear: false,
    counted: (_dialect, entry) => ({ index: entry, value: 'count(*)' }),
    text: entryText,
    collected: (lists, entry) => lists.collect(entry),
    listed: (lists, list) => lists.bins(list),
  },
}

/** Bin of a scaled integer (histogram.ts). `value` is used often. */
function binSql(dialect: Dialect, value: Sql): Sql {
  return `CASE WHEN ${value} < 0 THEN -1 ELSE 1 END * ${magnitude(dialect, `abs(${value})`)}`
}

/** Comparisons with powers of ten beat counting the digits of a text. */
function magnitude(dialect: Dialect, value: Sql): Sql {
  const cases = Array.from({ length: 15 }, (_, i) => {
    const digits = i + 4
    return `WHEN ${value} < 1${'0'.repeat(digits)} THEN ${900 * (digits - 3)} + ${dialect.divide(value, `1${'0'.repeat(digits - 3)}`)}`
  })
  return `CASE WHEN ${value} < 1000 THEN ${value} ${cases.join(' ')} END`
}
