import { addScaled, narrow, type Scaled } from '../data/decimal.ts'
import type { Dialect, Sql } from '../sql/dialect.ts'
import type { CellType } from './cell-type.ts'
import { scalarCell } from './scalar.ts'

/** Squares of numbers up to it are safe integers: the root of 2^53, cut. */
const SMALL = 94_906_265
/** Digits of the lower part that a magnitude is split at: products of two parts fit 64 bits. */
const LOW_DIGITS = 9
const UNIT = `1${'0'.repeat(LOW_DIGITS)}`
/** Digits of a sum of products with a 1 in front. */
const PADDED = 30

/**
 * Exact sum of squares, at twice the field's decimal places. A square has up to 36 digits and a sum more than
 * any engine's integers: in SQL a magnitude is split as x = high · 10^9 + low, three sums of products are
 * taken, and their digits are put together.
 */
export const squares: CellType<Scaled | null, 'scaled'> = {
  ...scalarCell,
  isDense: false,
  combine: (a, b) => (a === null ? b : b === null ? a : addScaled(a, b)),
  takes: 'scaled',
  adder: at => (cells, value) => {
    const before = cells[at] as Scaled | null
    cells[at] = before === null ? squareOf(value) : addScaled(before, squareOf(value))
  },
  sql: {
    form: 'scalar',
    readsText: false,
    value: (dialect, field) => `abs(${dialect.scaled(dialect.identifier(field!.column), field!.scale!)})`,
    aggregates: (dialect, value) => {
      const [high, low] = [dialect.divide(value, UNIT), `(${value} % ${UNIT})`]
      return [`${high} * ${high}`, `${high} * ${low}`, `${low} * ${low}`].map(dialect.sumOfIntegers)
    },
    text: (dialect, [highs, mixed, lows]) => digitsSql(dialect, highs!, mixed!, lows!),
  },
}

function squareOf(value: Scaled): Scaled {
  if (typeof value === 'number' && value <= SMALL && value >= -SMALL) return value * value
  return narrow(BigInt(value) ** 2n)
}

/**
 * Digits of highs · 10^18 + 2 · mixed · 10^9 + lows: what is beyond nine digits is carried upwards. NULL of
 * NULL. The nine digits are cut off a text of 30, as engines differ in how they divide sums.
 */
function digitsSql(dialect: Dialect, highs: Sql, mixed: Sql, lows: Sql): Sql {
  const padded = (value: Sql) =>
    dialect.asText(`CAST('1${'0'.repeat(PADDED - 1)}' AS DECIMAL(38, 0)) + ${value}`)
  const above = (value: Sql) => `CAST(substr(${padded(value)}, 2, ${PADDED - 1 - LOW_DIGITS}) AS BIGINT)`
  const nine = (value: Sql) => `substr(${padded(value)}, ${PADDED - LOW_DIGITS + 1}, ${LOW_DIGITS})`
  const middle = `${mixed} + ${mixed} + ${above(lows)}`
  const digits = dialect.trimZeros(
    `${dialect.asText(`${highs} + ${above(middle)}`)} || ${nine(middle)} || ${nine(lows)}`,
  )
  return `CASE WHEN length(${digits}) = 0 THEN '0' ELSE ${digits} END`
}
