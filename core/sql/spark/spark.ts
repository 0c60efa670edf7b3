import type { Dialect, Sql } from '../dialect.ts'
import { operand } from '../operand.ts'
import { jsonEscape, powerOfTen, SHORTLY_ESCAPED, scanOf, type Tables } from '../spelling.ts'

/**
 * Spark 4, over tables or files; nothing is used that 3.5 lacks.
 *
 * @param tables the table that has the rows of relations, or `` parquet.`path` ``
 */
export function sparkDialect(tables: Tables): Dialect {
  return {
    name: 'spark',
    settings: [
      // A sum that overflows fails in place of being null, and decimals are written without an exponent.
      'SET spark.sql.ansi.enabled = true',
      'SET spark.sql.parser.escapedStringLiterals = false',
    ],
    scan: scanOf(tables),
    identifier: name => `\`${name.replaceAll('`', '``')}\``,
    text: textLiteral,

    md5: value => `md5(${value})`,
    hash64: value => `CAST(conv(substr(md5(${value}), 1, 16), 16, -10) AS BIGINT)`,
    hexNumber: hex => `CAST(conv(${hex}, 16, 10) AS BIGINT)`,
    hexText: value => `hex(${value})`,
    trimZeros: value => `trim(LEADING '0' FROM ${value})`,

    scaled: (value, scale) =>
      scale === 0
        ? `CAST(${value} AS BIGINT)`
        : `CAST(${operand(value)} * CAST(${powerOfTen(scale)} AS DECIMAL(19, 0)) AS BIGINT)`,
    scaledText: (value, scale) =>
      scale === 0
        ? `CAST(${value} AS STRING)`
        : `CAST(CAST(replace(CAST(${value} AS STRING), '.', '') AS DECIMAL(38, 0)) AS STRING)`,
    shortText: (value, scale) =>
      scale === 0
        ? `CAST(${value} AS STRING)`
        : `trim(TRAILING '.' FROM trim(TRAILING '0' FROM CAST(${value} AS STRING)))`,
    divide: (a, b) => `(${operand(a)} div ${b})`,
    // A sum of BIGINT is one, and ends where 64 bits do.
    sumOfIntegers: value => `sum(CAST(${value} AS DECIMAL(28, 0)))`,

    msOfInstant: instant => `unix_millis(${instant})`,

    asText: value => `CAST(${value} AS STRING)`,
    jsonText,
    bytewise: value => value,
    // `listagg` is as new as Spark 4.
    joinOrdered: (value, order) =>
      `array_join(transform(array_sort(collect_list(struct(${order} AS o, ${value} AS t))), e -> e.t), ' ')`,
    aboutDistinct: value => `approx_count_distinct(${value})`,
    lists: undefined,
  }
}

/** `$` is spelled out, as Spark puts settings in place of `${name}` before it reads a statement. */
function textLiteral(value: string): Sql {
  const escaped = value.replaceAll(/[\\'$\0]/g, one =>
    one === '\\' || one === "'" ? `\\${one}` : `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
  return `'${escaped}'`
}

/** Spark's own JSON writes control characters in upper-case hex. */
function jsonText(value: Sql): Sql {
  const short = SHORTLY_ESCAPED.map(code => `WHEN ${code} THEN ${textLiteral(jsonEscape(code))}`).join(' ')
  const oneEscaped = `CASE n ${short} ELSE concat('\\\\u00', lpad(lower(hex(n)), 2, '0')) END`
  const quoted = `replace(replace(${value}, '\\\\', '\\\\\\\\'), '"', '\\\\"')`
  const escaped = `aggregate(sequence(0, 31), ${quoted}, (s, n) -> replace(s, char(n), ${oneEscaped}))`
  return `'"' || CASE WHEN ${operand(value)} RLIKE '[\\\\x00-\\\\x1f"\\\\\\\\]' THEN ${escaped} ELSE ${value} END || '"'`
}
