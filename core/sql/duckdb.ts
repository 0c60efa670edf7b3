import { scaledText } from '../data/decimal.ts'
import { MAX_EVENT_SIZE } from '../event/event.ts'
import type { CsvColumn, Dialect, RawShape, Sql } from './dialect.ts'
import { structOf } from './struct.ts'

/** An event of MAX_EVENT_SIZE UTF-16 units can take three bytes each; the rest is for the receipt. */
const MAX_LINE_BYTES = MAX_EVENT_SIZE * 3 + 4096

/** DuckDB 1.5. Needs the extensions that are built in: core functions, json, parquet, icu. */
export const duckdbDialect: Dialect = {
  name: 'duckdb',
  identifier,
  text,

  raw,
  scan: addresses => `read_parquet(${listOf(addresses)}, union_by_name = true)`,
  scanPlaced: addresses =>
    `(SELECT * EXCLUDE (filename, file_row_number), filename AS __part, file_row_number AS __row
      FROM read_parquet(${listOf(addresses)}, filename = true, file_row_number = true))`,
  csv,
  sha256: address => `SELECT sha256(content) AS sha256 FROM read_blob(${text(address)})`,
  columns: addresses => `DESCRIBE SELECT * FROM read_parquet(${listOf(addresses)}, union_by_name = true)`,

  md5: value => `md5(${value})`,
  hash64: value => `('0x' || md5(${value})[1:16])::UBIGINT`,
  hexNumber: hex => `('0x' || ${hex})::BIGINT`,
  trimZeros: value => `ltrim(${value}, '0')`,

  decimal,
  decimalLiteral: (value, scale) => `'${scaledText(value, scale)}'::DECIMAL(18, ${scale})`,
  scaled,
  scaledText: (value, scale) =>
    scale === 0 ? `(${value})::VARCHAR` : `replace((${value})::VARCHAR, '.', '')::HUGEINT::VARCHAR`,
  shortText: (value, scale) =>
    scale === 0 ? `${value}::VARCHAR` : `rtrim(rtrim(${value}::VARCHAR, '0'), '.')`,
  divide: (a, b) => `${a} // ${b}`,

  instant: value => `make_timestamp(epoch_us(${value}::TIMESTAMPTZ))`,
  instantOfMs: ms => `epoch_ms(${ms})`,
  msOfInstant: instant => `epoch_ms(${instant})`,

  asText: value => `(${value})::VARCHAR`,
  asInteger: value => `(${value})::BIGINT`,
  jsonText,
  joinParts: (separator, parts) => `concat_ws(${text(separator)}, ${parts.join(', ')})`,
  joinOrdered: (value, order) => `string_agg(${value}, ' ' ORDER BY ${order})`,
  aboutDistinct: value => `approx_count_distinct(${value})`,
  same: (a, b) => `${a} IS NOT DISTINCT FROM ${b}`,

  lists: {
    collect: value => `list_sort(list((${value})::INTEGER) FILTER (${value} IS NOT NULL))`,
    // The last entry of each run of one index has its largest rank.
    registers: list =>
      `array_to_string(list_transform(list_filter(${list}, lambda x, i: i = len(${list}) OR (${list}[i + 1] >> 6) <> (x >> 6)), lambda x: (x >> 6) || ':' || (x & 63)), ' ')`,
    // Places where a new bin begins; the distance to the next one is its count.
    bins: list =>
      `array_to_string(list_transform(list_zip(list_filter(range(1, len(${list}) + 1), lambda p: p = 1 OR ${list}[p] <> ${list}[p - 1]), list_filter(range(2, len(${list}) + 2), lambda p: p = len(${list}) + 1 OR ${list}[p] <> ${list}[p - 1])), lambda z: ${list}[z[1]] || ':' || (z[2] - z[1])), ' ')`,
  },
}

function identifier(name: string): Sql {
  return `"${name.replaceAll('"', '""')}"`
}

/** A NUL ends a statement's text, so it is spelled out. */
function text(value: string): Sql {
  const quoted = (part: string) => `'${part.replaceAll("'", "''")}'`
  if (!value.includes('\0')) return quoted(value)
  return `(${value.split('\0').map(quoted).join(' || chr(0) || ')})`
}

function listOf(addresses: readonly string[]): Sql {
  return `[${addresses.map(text).join(', ')}]`
}

/**
 * Typed columns read a missing key and null alike. Where the difference is asked for, the data is read as JSON, tested, and
 * then converted: dearer, so only then.
 */
function raw(addresses: readonly string[], { leaves, presence }: RawShape): Sql {
  const struct = structOf(
    leaves.map(leaf => leaf.field),
    presence.length === 0 ? typedStruct : transformStruct,
  )
  const data = presence.length === 0 ? 'data' : `json_transform(data, ${text(struct)})`
  const type = presence.length === 0 ? text(struct) : `'JSON'`
  const leaf = ({ field, alias }: RawShape['leaves'][number]) =>
    `d.${field.path.map(identifier).join('.')} AS ${alias}`
  const present = ({ field, alias }: RawShape['presence'][number]) =>
    `json_exists(j, ${text(pointer(field.path))}) AS ${alias}`
  return `(SELECT receipt, event_ms, event_partition, event_id, event_source${[...leaves.map(leaf), ...presence.map(present)].map(column => `, ${column}`).join('')}
    FROM (SELECT tbreceipt AS receipt, tbtime AS event_ms, tbpartition AS event_partition, id AS event_id, source AS event_source,
            ${data} AS d${presence.length === 0 ? '' : ', data AS j'}
          FROM read_json(${listOf(addresses)}, format = 'newline_delimited', maximum_object_size = ${MAX_LINE_BYTES},
            columns = {tbreceipt: 'VARCHAR', tbtime: 'BIGINT', tbpartition: 'INTEGER', id: 'VARCHAR', source: 'VARCHAR', data: ${type}})))`
}

const CSV_TYPE = { text: 'VARCHAR', integer: 'BIGINT', double: 'DOUBLE', boolean: 'BOOLEAN' } as const

/** In one thread: with more, a line end within quotes can be taken for a row's. */
function csv(address: string, columns: readonly CsvColumn[]): Sql {
  const types = columns.map(({ name, type }) => `${identifier(name)}: '${CSV_TYPE[type]}'`).join(', ')
  return `read_csv(${text(address)}, auto_detect = false, header = true, delim = ',', quote = '"', escape = '"',
    nullstr = '', allow_quoted_nulls = false, parallel = false, columns = {${types}})`
}

const LEAF_TYPE = {
  string: 'VARCHAR',
  instant: 'VARCHAR',
  integer: 'BIGINT',
  number: 'DOUBLE',
  boolean: 'BOOLEAN',
  json: 'JSON',
} as const

const typedStruct = {
  leaf: (kind: keyof typeof LEAF_TYPE) => LEAF_TYPE[kind],
  node: (children: readonly (readonly [string, string])[]) =>
    `STRUCT(${children.map(([key, type]) => `${identifier(key)} ${type}`).join(', ')})`,
}

const transformStruct = {
  leaf: (kind: keyof typeof LEAF_TYPE) => `"${LEAF_TYPE[kind]}"`,
  node: (children: readonly (readonly [string, string])[]) =>
    `{${children.map(([key, type]) => `${JSON.stringify(key)}:${type}`).join(',')}}`,
}

/** JSON pointer (RFC 6901). */
function pointer(path: readonly string[]): string {
  return path.map(key => `/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
}

/**
 * A cast of a double to DECIMAL rounds the double's binary value, and the cast of JSON text to DECIMAL goes the same wrong
 * way. It is right where the decimal casts back to the very double and has at most 15 digits, as two such decimals never
 * share a double; everything else goes through the shortest text, whose exponent `1e-7` the cast does not read.
 */
function decimal(double: Sql, scale: number): Sql {
  const type = `DECIMAL(18, ${scale})`
  const quick = `TRY_CAST(${double} AS ${type})`
  const shortest = `${double}::VARCHAR`
  const digits = `replace(replace(split_part(${shortest}, 'e-', 1), '.', ''), '-', '')`
  const zeros = `repeat('0', split_part(${shortest}, 'e-', 2)::INT - 1)`
  const plain = `CASE WHEN contains(${shortest}, 'e-') THEN (CASE WHEN ${double} < 0 THEN '-0.' ELSE '0.' END) || ${zeros} || ${digits} ELSE ${shortest} END`
  return `CASE WHEN abs(${double}) < 1e${15 - scale} AND CAST(${quick} AS DOUBLE) = ${double} THEN ${quick} ELSE CAST(${plain} AS ${type}) END`
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

const SHORT_ESCAPES: Readonly<Record<number, string>> = {
  8: '\\b',
  9: '\\t',
  10: '\\n',
  12: '\\f',
  13: '\\r',
}

/** DuckDB's own to_json writes control characters in upper-case hex. */
function jsonText(value: Sql): Sql {
  let escaped = `replace(replace(${value}, '\\', '\\\\'), '"', '\\"')`
  for (let code = 0; code < 32; code++) {
    const short = SHORT_ESCAPES[code] ?? `\\u${code.toString(16).padStart(4, '0')}`
    escaped = `replace(${escaped}, chr(${code}), '${short}')`
  }
  return `'"' || CASE WHEN regexp_matches(${value}, '[\\x00-\\x1f"\\\\]') THEN ${escaped} ELSE ${value} END || '"'`
}
