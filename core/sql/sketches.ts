import type { Field } from '../data/fields.ts'
import { textColumn } from './curated.ts'
import type { Dialect, Sql } from './dialect.ts'

/** The curated column whose values `distinct` counts. */
export function distinctColumn(dialect: Dialect, field: Field): Sql {
  return dialect.identifier(field.kind === 'instant' ? textColumn(field) : field.column)
}

/** The text that a value of that column is hashed by (core/fold/accumulate.ts). */
export function distinctText(dialect: Dialect, { kind, scale }: Field, value: Sql): Sql {
  if (kind === 'number') return dialect.shortText(value, scale!)
  if (kind === 'integer') return dialect.asText(value)
  if (kind === 'boolean') return `CASE WHEN ${value} THEN 'true' WHEN NOT ${value} THEN 'false' END`
  return value
}

/** Register and rank of a hash, as index · 64 + rank (core/cells/hyperloglog.ts). `hex` is used several times. */
export function registerSql(dialect: Dialect, hex: Sql): Sql {
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

/** Bin of a scaled integer (core/cells/histogram.ts). `value` is used often. */
export function binSql(dialect: Dialect, value: Sql): Sql {
  return `CASE WHEN ${value} < 0 THEN -(${magnitude(dialect, `(-${value})`)}) ELSE ${magnitude(dialect, value)} END`
}

/** Comparisons with powers of ten beat counting the digits of a text. */
function magnitude(dialect: Dialect, value: Sql): Sql {
  const cases = Array.from({ length: 15 }, (_, i) => {
    const digits = i + 4
    return `WHEN ${value} < 1${'0'.repeat(digits)} THEN ${900 * (digits - 3)} + ${dialect.divide(value, `1${'0'.repeat(digits - 3)}`)}`
  })
  return `CASE WHEN ${value} < 1000 THEN ${value} ${cases.join(' ')} END`
}
