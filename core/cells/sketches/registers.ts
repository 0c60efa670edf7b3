import { scaledText, toScaled } from '../../data/decimal.ts'
import type { Field } from '../../data/fields.ts'
import type { Dialect, Sql } from '../../sql/dialect.ts'
import { fieldText, writtenColumn } from '../../sql/values.ts'
import type { CellType } from '../cell-type.ts'
import { RANK_BITS } from '../hyperloglog.ts'
import type { Vector } from '../vector.ts'
import { entryText, vectorCell } from '../vector-cell.ts'
import { addDistinct, combineDistinct, countDistinct, folded, isSet, MOST_HASHES } from './distinct-values.ts'
import { formatHashes, parseHashes } from './hash-text.ts'
import { HASH_OFFSET } from './value-hash.ts'

/**
 * Different values: a set of their hashes up to 256 of them, and above HyperLogLog registers, the largest
 * rank seen in each. Stores know the kind by the name of its second form, which once was the only one.
 */
export const registers: CellType<Vector, 'value'> = {
  ...vectorCell,
  combine: combineDistinct,
  coarse: folded,
  differing: countDistinct,
  takes: 'value',
  adder: (at, field) => {
    const text = textOf(field!)
    return (cells, value) => addDistinct(cells[at] as Vector, text(value))
  },
  format: cell => (hasHashes(cell) ? formatHashes(cell) : vectorCell.format(cell)),
  parse: text => (isOfHashes(text, ':') ? parseHashes(text) : vectorCell.parse(text)),
  pack: cell => (hasHashes(cell) ? formatHashes(cell) : vectorCell.pack(cell)),
  unpack: text => (isOfHashes(text, ',') ? parseHashes(text) : vectorCell.unpack(text)),
  // 4,096 registers.
  largest: 6,
  sql: {
    form: 'sketch',
    readsText: true,
    column: writtenColumn,
    value: fieldText,
    prepare: (dialect, value) => dialect.md5(value),
    entry: entrySql,
    isDear: true,
    counted: (dialect, entry) => ({
      index: `${dialect.divide(entry, RANKS)} - ${HASH_OFFSET}`,
      value: `max(${entry} % ${RANKS})`,
    }),
    folded: (dialect, index, entries) =>
      `CASE WHEN ${entries} > ${MOST_HASHES} THEN ${dialect.divide(`${index} + ${HASH_OFFSET}`, String(2 ** RANK_BITS))} ELSE ${index} END`,
    text: (dialect, index, rank) =>
      `CASE WHEN ${index} < 0 THEN ${hashText(dialect, index)} ELSE ${entryText(dialect, index, rank)} END`,
    collected: (lists, value) => lists.collectHashes(value, MOST_HASHES),
    listed: (lists, list) => lists.hashes(list),
  },
}

function hasHashes(cell: Vector): boolean {
  return cell.length > 0 && isSet(cell)
}

/** Texts of registers have a character in them that texts of hashes do not. */
function isOfHashes(text: string | null, ofRegisters: string): text is string {
  return text !== null && text !== '' && !text.includes(ofRegisters)
}

/** 13 digits of the hash behind an index (hash-text.ts): one digit more in front, then without it. */
function hashText(dialect: Dialect, index: Sql): Sql {
  return `substr(${dialect.hexText(`${index} + ${2 * HASH_OFFSET}`)}, 2)`
}

/**
 * The text a value is hashed by: strings as they are, numbers as shortest decimals (integers as they are),
 * booleans as true and false.
 */
function textOf({ kind, scale }: Field): (value: unknown) => string | number {
  if (kind === 'number') return value => scaledText(toScaled(value as number, scale!), scale!)
  return value => (typeof value === 'number' ? value + 0 : String(value))
}

/** Room for a rank beside a hash or a register, in one integer. */
const RANKS = '64'

/** Hash and rank as hash · 64 + rank (value-hash.ts, hyperloglog.ts). `hex` is used several times. */
function entrySql(dialect: Dialect, hex: Sql): Sql {
  const digit = dialect.bytewise(`substr(${hex}, 4, 1)`)
  const rest = dialect.trimZeros(`substr(${hex}, 4, 10)`)
  const leading = `4 * (10 - length(${rest})) + ${rankInDigit(dialect.bytewise(`substr(${rest}, 1, 1)`))}`
  return `${dialect.hexNumber(`substr(${hex}, 1, 13)`)} * ${RANKS} + CASE
    WHEN ${digit} <> '0' THEN ${rankInDigit(digit)}
    WHEN length(${rest}) = 0 THEN 41
    ELSE ${leading} END`
}

/** Leading zero bits of one hex digit that is not 0, plus one; digits compare as text. */
function rankInDigit(digit: Sql): Sql {
  return `CASE WHEN ${digit} >= '8' THEN 1 WHEN ${digit} >= '4' THEN 2 WHEN ${digit} >= '2' THEN 3 ELSE 4 END`
}
