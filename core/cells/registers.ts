import { scaledText, toScaled } from '../data/decimal.ts'
import type { Field } from '../data/fields.ts'
import type { Dialect, Sql } from '../sql/dialect.ts'
import { fieldText, writtenColumn } from '../sql/values.ts'
import type { CellType } from './cell-type.ts'
import { addDistinct } from './hyperloglog.ts'
import { merge, type Vector } from './vector.ts'
import { vectorCell } from './vector-cell.ts'

/** HyperLogLog registers: the largest rank seen in each. */
export const registers: CellType<Vector, 'value'> = {
  ...vectorCell,
  combine: (a, b) => merge(a, b, 'max'),
  takes: 'value',
  adder: (at, field) => {
    const text = textOf(field!)
    return (cells, value) => addDistinct(cells[at] as Vector, text(value))
  },
  // 4,096 registers.
  largest: 6,
  sql: {
    form: 'sketch',
    readsText: true,
    column: writtenColumn,
    value: fieldText,
    prepare: (dialect, value) => dialect.md5(value),
    entry: registerSql,
    isDear: true,
    counted: (dialect, entry) => ({ index: dialect.divide(entry, '64'), value: `max(${entry} % 64)` }),
    listed: (lists, list) => lists.registers(list),
  },
}

/**
 * The text a value is hashed by: strings as they are, numbers as shortest decimals (integers as they are),
 * booleans as true and false.
 */
function textOf({ kind, scale }: Field): (value: unknown) => string | number {
  if (kind === 'number') return value => scaledText(toScaled(value as number, scale!), scale!)
  return value => (typeof value === 'number' ? value + 0 : String(value))
}

/** Register and rank of a hash, as index · 64 + rank (hyperloglog.ts). `hex` is used several times. */
function registerSql(dialect: Dialect, hex: Sql): Sql {
  const digit = `substr(${hex}, 4, 1)`
  const rest = dialect.trimZeros(`substr(${hex}, 4, 13)`)
  const leading = `4 * (13 - length(${rest})) + ${rankInDigit(`substr(${rest}, 1, 1)`)}`
  return `${dialect.hexNumber(`substr(${hex}, 1, 3)`)} * 64 + CASE
    WHEN ${digit} <> '0' THEN ${rankInDigit(digit)}
    WHEN length(${rest}) = 0 THEN 53
    ELSE ${leading} END`
}

/** Leading zero bits of one hex digit that is not 0, plus one; digits compare as text. */
function rankInDigit(digit: Sql): Sql {
  return `CASE WHEN ${digit} >= '8' THEN 1 WHEN ${digit} >= '4' THEN 2 WHEN ${digit} >= '2' THEN 3 ELSE 4 END`
}
