import type { Dialect } from '../dialect.ts'
import { operand } from '../operand.ts'
import { doubleQuoted, powerOfTen, scanOf, singleQuoted, type Tables, withoutNul } from '../spelling.ts'

/**
 * PostgreSQL 14 and later, over tables. Its texts have no U+0000.
 *
 * @param tables the table that has the rows of relations; its instants are `timestamptz`
 */
export function postgresDialect(tables: Tables): Dialect {
  return {
    name: 'postgres',
    settings: [],
    scan: scanOf(tables),
    identifier: doubleQuoted,
    text: value => singleQuoted(withoutNul('PostgreSQL', value)),

    md5: value => `md5(${value})`,
    hash64: value => `CAST(CAST('x' || substr(md5(${value}), 1, 16) AS BIT(64)) AS BIGINT)`,
    hexNumber: hex => `CAST(CAST('x' || lpad(${hex}, 16, '0') AS BIT(64)) AS BIGINT)`,
    hexText: value => `upper(to_hex(${value}))`,
    trimZeros: value => `ltrim(${value}, '0')`,

    scaled: (value, scale) => `CAST(${operand(value)} * ${powerOfTen(scale)} AS BIGINT)`,
    scaledText: (value, scale) =>
      scale === 0
        ? `CAST(${value} AS TEXT)`
        : `CAST(trunc(${operand(value)} * ${powerOfTen(scale)}) AS TEXT)`,
    shortText: (value, scale) =>
      scale === 0 ? `CAST(${value} AS TEXT)` : `CAST(trim_scale(${value}) AS TEXT)`,
    divide: (a, b) => `(${operand(a)} / ${b})`,
    sumOfIntegers: value => `sum(${value})`,

    // The seconds are a decimal, with all of their places.
    msOfInstant: instant => `CAST(floor(extract(epoch FROM ${instant}) * 1000) AS BIGINT)`,

    asText: value => `CAST(${value} AS TEXT)`,
    jsonText: value => `CAST(to_json(CAST(${value} AS TEXT)) AS TEXT)`,
    bytewise: value => `(${operand(value)} COLLATE "C")`,
    joinOrdered: (value, order) => `string_agg(${value}, ' ' ORDER BY ${order})`,
    aboutDistinct: value => `count(DISTINCT ${value})`,
    lists: undefined,
  }
}
