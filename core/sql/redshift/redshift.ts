import type { Dialect, Sql } from '../dialect.ts'
import { operand } from '../operand.ts'
import { doubleQuoted, jsonEscape, powerOfTen, scanOf, type Tables, withoutNul } from '../spelling.ts'

/** As long as a text can be; a bare VARCHAR is cut after 256 bytes. */
const TEXT = 'VARCHAR(65535)'

/**
 * Redshift, over tables. Its texts have no U+0000 and end at 65,535 bytes: so does a sketch, where a
 * statement fails rather than cutting it.
 *
 * @param tables the table that has the rows of relations; its instants are `timestamptz`
 */
export function redshiftDialect(tables: Tables): Dialect {
  return {
    name: 'redshift',
    settings: [],
    scan: scanOf(tables),
    identifier: doubleQuoted,
    text: textLiteral,

    md5: value => `md5(${value})`,
    // STRTOL knows 64 bits with a sign: the 16th digit is left out.
    hash64: value => `strtol(substring(md5(${value}), 1, 15), 16)`,
    hexNumber: hex => `strtol(${hex}, 16)`,
    hexText: value => `upper(to_hex(${value}))`,
    trimZeros: value => `ltrim(${value}, '0')`,

    scaled: (value, scale) => `CAST(${operand(value)} * ${powerOfTen(scale)} AS BIGINT)`,
    scaledText: (value, scale) =>
      scale === 0
        ? `CAST(${value} AS ${TEXT})`
        : `CAST(CAST(replace(CAST(${value} AS ${TEXT}), '.', '') AS DECIMAL(38, 0)) AS ${TEXT})`,
    shortText: (value, scale) =>
      scale === 0 ? `CAST(${value} AS ${TEXT})` : `rtrim(rtrim(CAST(${value} AS ${TEXT}), '0'), '.')`,
    divide: (a, b) => `(${operand(a)} / ${b})`,
    sumOfIntegers: value => `sum(CAST(${value} AS DECIMAL(38, 0)))`,

    msOfInstant: instant =>
      `datediff(millisecond, CAST('1970-01-01 00:00:00+00' AS TIMESTAMPTZ), ${instant})`,

    asText: value => `CAST(${value} AS ${TEXT})`,
    jsonText,
    bytewise: value => value,
    joinOrdered: (value, order) => `listagg(${value}, ' ') WITHIN GROUP (ORDER BY ${order})`,
    aboutDistinct: value => `APPROXIMATE COUNT(DISTINCT ${value})`,
    lists: undefined,
  }
}

/** A backslash escapes in every text literal. */
function textLiteral(value: string): Sql {
  return `'${withoutNul('Redshift', value).replaceAll('\\', '\\\\').replaceAll("'", "''")}'`
}

function jsonText(value: Sql): Sql {
  let escaped = `replace(replace(${value}, ${textLiteral('\\')}, ${textLiteral('\\\\')}), '"', ${textLiteral('\\"')})`
  for (let code = 1; code < 32; code++)
    escaped = `replace(${escaped}, chr(${code}), ${textLiteral(jsonEscape(code))})`
  return `'"' || ${escaped} || '"'`
}
