import type { Dialect, Sql } from '../dialect.ts'
import { operand } from '../operand.ts'
import {
  doubleQuoted,
  jsonEscape,
  powerOfTen,
  SHORTLY_ESCAPED,
  scanOf,
  singleQuoted,
  type Tables,
} from '../spelling.ts'

/**
 * Trino, and Athena's engine 3, over tables. Instants without a zone are taken for the session's, which is
 * UTC on Athena.
 *
 * @param tables the table that has the rows of relations
 */
export function trinoDialect(tables: Tables): Dialect {
  return {
    name: 'trino',
    settings: [],
    scan: scanOf(tables),
    identifier: doubleQuoted,
    text: textLiteral,

    md5: value => `lower(to_hex(md5(to_utf8(${value}))))`,
    hash64: value => `from_big_endian_64(substr(md5(to_utf8(${value})), 1, 8))`,
    hexNumber: hex => `from_base(${hex}, 16)`,
    hexText: value => `upper(to_base(${value}, 16))`,
    trimZeros: value => `regexp_replace(${value}, '^0+')`,

    scaled: (value, scale) => `CAST(${operand(value)} * DECIMAL '${powerOfTen(scale)}' AS BIGINT)`,
    scaledText: (value, scale) =>
      scale === 0
        ? `CAST(${value} AS VARCHAR)`
        : `CAST(CAST(replace(CAST(${value} AS VARCHAR), '.', '') AS DECIMAL(38, 0)) AS VARCHAR)`,
    shortText: (value, scale) =>
      scale === 0 ? `CAST(${value} AS VARCHAR)` : `regexp_replace(CAST(${value} AS VARCHAR), '\\.?0+$')`,
    divide: (a, b) => `(${operand(a)} / ${b})`,
    // A sum of BIGINT is one, and ends where 64 bits do.
    sumOfIntegers: value => `sum(CAST(${value} AS DECIMAL(38, 0)))`,

    msOfInstant: instant => `date_diff('millisecond', TIMESTAMP '1970-01-01 00:00:00.000 UTC', ${instant})`,

    asText: value => `CAST(${value} AS VARCHAR)`,
    jsonText,
    bytewise: value => value,
    // An array has no limit of its own; listagg ends at a megabyte.
    joinOrdered: (value, order) => `array_join(array_agg(${value} ORDER BY ${order}), ' ')`,
    aboutDistinct: value => `approx_distinct(${value})`,
    lists: undefined,
  }
}

/** With U+0000 spelled out, which not every client sends. */
function textLiteral(value: string): Sql {
  if (!value.includes('\0')) return singleQuoted(value)
  return `U&${singleQuoted(value.replaceAll('\\', '\\\\').replaceAll('\0', '\\0000'))}`
}

/** Trino's own JSON writes control characters in upper-case hex. */
function jsonText(value: Sql): Sql {
  const short = SHORTLY_ESCAPED.map(code => `WHEN chr(${code}) THEN '${jsonEscape(code)}'`).join(' ')
  const long = `'\\u' || lpad(to_base(codepoint(CAST(m[1] AS VARCHAR(1))), 16), 4, '0')`
  const escaped = `CASE m[1] WHEN '"' THEN '\\"' WHEN '\\' THEN '\\\\' ${short} ELSE ${long} END`
  return `'"' || regexp_replace(${value}, '([\\x00-\\x1f"\\\\])', m -> ${escaped}) || '"'`
}
