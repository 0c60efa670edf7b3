import { pointerTo } from '../../json/json-pointer.ts'
import type { Dialect, LakeDialect, Sql } from '../dialect.ts'
import { operand } from '../operand.ts'
import { jsonEscape } from '../spelling.ts'
import { decimal } from './decimal.ts'
import { identifier, text } from './names.ts'
import { duckdbRelations } from './relations.ts'

/**
 * DuckDB 1.5 over the files of a lake. Needs the extensions that are built in: core functions, json, parquet,
 * icu.
 *
 * @param root folder in which the engine finds the objects of the lake
 */
export function duckdbDialect(root: string): LakeDialect {
  return { ...expressions, ...duckdbRelations(root) }
}

/** What is made of the rows of other engines. */
type OfMade = Pick<LakeDialect, 'hashOfSigned' | 'instantOfMicroseconds' | 'jsonOfLine'>

const expressions: Omit<Dialect, 'scan'> &
  Pick<LakeDialect, 'decimal' | 'instant' | 'instantOfMs' | keyof OfMade> = {
  name: 'duckdb',
  settings: [],
  identifier,
  text,

  md5: value => `md5(${value})`,
  hash64: value => `('0x' || md5(${value})[1:16])::UBIGINT`,
  hashOfSigned: hash =>
    `(CASE WHEN ${hash} < 0 THEN ${hash}::HUGEINT + ${2n ** 64n} ELSE ${hash} END)::UBIGINT`,
  hexNumber: hex => `('0x' || ${hex})::BIGINT`,
  hexText: value => `hex(${value})`,
  trimZeros: value => `ltrim(${value}, '0')`,

  decimal,
  scaled,
  scaledText: (value, scale) =>
    scale === 0 ? `(${value})::VARCHAR` : `replace((${value})::VARCHAR, '.', '')::HUGEINT::VARCHAR`,
  shortText: (value, scale) =>
    scale === 0 ? `${operand(value)}::VARCHAR` : `rtrim(rtrim(${operand(value)}::VARCHAR, '0'), '.')`,
  divide: (a, b) => `(${operand(a)} // ${b})`,
  sumOfIntegers: value => `sum(${value})`,

  // With zone, so that a file says that its instants are UTC: without, each reader takes them for its own
  // time.
  // In capitals: RFC 3339 has `t` and `z` too, DuckDB has not.
  instant: value => `upper(${value})::TIMESTAMPTZ`,
  instantOfMs: ms => `make_timestamptz((${ms})::BIGINT * 1000)`,
  instantOfMicroseconds: microseconds => `make_timestamptz((${microseconds})::BIGINT)`,
  msOfInstant: instant => `epoch_ms(${instant})`,

  jsonOfLine: (line, path) => {
    const json = `json_extract(${line}, ${text(pointerTo(['data', ...path]))})`
    return `CASE WHEN json_type(${json}) <> 'NULL' THEN ${json}::VARCHAR END`
  },

  asText: value => `(${value})::VARCHAR`,
  jsonText,
  bytewise: value => value,
  joinOrdered: (value, order) => `string_agg(${value}, ' ' ORDER BY ${order})`,
  aboutDistinct: value => `approx_count_distinct(${value})`,

  lists: {
    collect: value => `list_sort(list((${value})::INTEGER) FILTER (${value} IS NOT NULL))`,
    collectHashes: (value, most) => {
      const all = `list((${value})::BIGINT) FILTER (${value} IS NOT NULL)`
      const hashes = `list_transform(${all}, lambda x: x - (1::BIGINT << 58))`
      const registers = `list_transform(${all}, lambda x: ((x >> 46) << 6) | (x & 63))`
      return `list_sort(CASE WHEN list_unique(${all}) <= ${most} THEN ${hashes} ELSE ${registers} END)`
    },
    // The last entry of each run of one index has its largest rank.
    hashes: list => {
      const entries = `list_filter(${list}, lambda x, i: i = len(${list}) OR (${list}[i + 1] >> 6) <> (x >> 6))`
      const text = (of: Sql) => `array_to_string(list_transform(${entries}, lambda x: ${of}), ' ')`
      const hash = 'substr(hex((x >> 6) + (1::BIGINT << 53)), 2)'
      return `CASE WHEN ${list}[1] < 0 THEN ${text(hash)} ELSE ${text("(x >> 6) || ':' || (x & 63)")} END`
    },
    // Places where a new bin begins; the distance to the next one is its count.
    bins: list =>
      `array_to_string(list_transform(list_zip(list_filter(range(1, len(${list}) + 1), lambda p: p = 1 OR ${list}[p] <> ${list}[p - 1]), list_filter(range(2, len(${list}) + 2), lambda p: p = len(${list}) + 1 OR ${list}[p] <> ${list}[p - 1])), lambda z: ${list}[z[1]] || ':' || (z[2] - z[1])), ' ')`,
  },
}

/** Multiplies in 18 digits where the product surely fits, which is several times quicker than in 38. */
function scaled(value: Sql, scale: number): Sql {
  if (scale === 0) return `${value}::BIGINT`
  const power = 10n ** BigInt(scale)
  const wide = `(${value}::DECIMAL(38, ${scale}) * ${power})::BIGINT`
  if (scale > 8) return wide
  const bound = 10n ** BigInt(18 - 2 * scale)
  return `CASE WHEN ${value} > -${bound} AND ${value} < ${bound} THEN (${value} * ${power})::BIGINT ELSE ${wide} END`
}

/** DuckDB's own to_json writes control characters in upper-case hex. */
function jsonText(value: Sql): Sql {
  let escaped = `replace(replace(${value}, '\\', '\\\\'), '"', '\\"')`
  for (let code = 0; code < 32; code++) escaped = `replace(${escaped}, chr(${code}), '${jsonEscape(code)}')`
  return `'"' || CASE WHEN regexp_matches(${value}, '[\\x00-\\x1f"\\\\]') THEN ${escaped} ELSE ${value} END || '"'`
}
