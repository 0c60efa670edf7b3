import type { Field } from '../data/fields.ts'
import type { StoredType } from '../declare/changes/stored-type.ts'
import type { Relation } from '../lake/relation.ts'
import type { Query } from './query.ts'

/** SQL text of an expression over columns. What reads data is a `Query`. */
export type Sql = string

/** What a raw line is read as: the envelope under fixed names, and leaves of `data` under given ones. */
export type RawShape = {
  /**
   * Leaves to read; each becomes a column of its `alias`, typed by the field's kind (instants as their text).
   */
  readonly leaves: readonly { readonly field: Field; readonly alias: string }[]
  /**
   * Leaves of which to tell whether the event has them at all; each becomes a boolean column of its `alias`.
   */
  readonly presence: readonly { readonly field: Field; readonly alias: string }[]
  /**
   * Whether lines may be older than what their fields are declared as: a leaf that cannot be read as its
   * field is then missing, and a column `UNREAD` has the name of the first such field.
   */
  readonly isUnchecked?: boolean
}

/** Column of unchecked lines: the first field that has something which cannot be read; NULL: none. */
export const UNREAD = 'unread'

export type CsvColumn = {
  readonly name: string
  readonly type: 'text' | 'integer' | 'double' | 'boolean'
}

/** How an engine makes typed values of raw lines. */
export type RawSql = {
  /**
   * Relation of raw lines: `receipt`, `event_ms`, `event_partition`, `event_id`, `event_source`, and the
   * shape's aliases.
   */
  raw(relation: Relation, shape: RawShape): Query
  /**
   * DECIMAL(18, scale) of a leaf, rounded half away from zero on the shortest text of its double, as
   * `toScaled` does. It is the text that raw lines have of it.
   */
  decimal(leaf: Sql, scale: number): Sql
  /** Timestamp (UTC) of RFC 3339 text with any offset. */
  instant(text: Sql): Sql
  /** Timestamp of ms since 1970. */
  instantOfMs(ms: Sql): Sql
}

/** How an engine reads a lake: its files, and what it tells of them. */
export type LakeSql = RawSql & {
  /** As `scan`, with the path of each row's part as the column `__part`. */
  scanPlaced(relation: Relation): Query
  /** Relation of a CSV object with a header: texts quoted, NULL an empty field without quotes. */
  csv(relation: Relation, columns: readonly CsvColumn[]): Query
  /** Query: one row a column of the relations as they are stored: `column_name`, `column_type`. */
  columns(relations: readonly Relation[]): Query
  /** What a column of such a `column_type` holds; undefined of a type that refining never writes. */
  storedType(columnType: string): StoredType | undefined
  /** `hash64` of a hash that an engine without unsigned integers has as a signed one. */
  hashOfSigned(hash: Sql): Sql
  /** Timestamp (UTC) of microseconds since 1970. */
  instantOfMicroseconds(microseconds: Sql): Sql
  /** Text of what a raw line, itself a text, has at a path in its data; NULL also for JSON's null. */
  jsonOfLine(line: Sql, path: readonly string[]): Sql
}

/** What refining a whole epoch takes: raw lines to curated rows. */
export type RefiningDialect = Dialect & RawSql

/** An engine that refines and aggregates the lake: raw lines to curated rows to partials. */
export type LakeDialect = Dialect & LakeSql

/**
 * One engine's SQL. The generators of this folder know no engine: they ask the dialect for every expression
 * that engines spell, or compute, differently. What they write themselves is plain: SELECT, WITH, JOIN, UNION
 * ALL, CASE, CAST to BIGINT and DECIMAL, GROUP BY, count, min, max, coalesce, row_number, substr, length,
 * comparison, `||`, and `+ - * %` on integers.
 *
 * Every expression must give the same value in every engine, to the bit: partials of two engines are compared
 * as text. Operands are any expressions: a leaf puts them in parentheses where they need some.
 */
export type Dialect = {
  readonly name: string
  /** Statements that a session needs before any other. */
  readonly settings: readonly Sql[]
  /**
   * Relation of the rows of relations of one kind; a column that some of them lack is null there. Columns
   * that a relation names in `recast` are as their fields declare them.
   */
  scan(relations: readonly Relation[]): Query

  /** A quoted identifier. */
  identifier(name: string): Sql
  /** A text literal; any character may occur in it that the engine can store. */
  text(value: string): Sql

  /** MD5 of text's UTF-8 bytes as 32 lower-case hex digits. */
  md5(text: Sql): Sql
  /**
   * The first 64 bits of MD5 as whatever integer the engine has for them, signed or not: compared for
   * equality, with others of the same engine.
   */
  hash64(text: Sql): Sql
  /** Integer value of up to 13 hex digits. */
  hexNumber(hex: Sql): Sql
  /** Upper-case hex digits of an integer above 0. */
  hexText(value: Sql): Sql
  /** Text without leading zeros. */
  trimZeros(text: Sql): Sql

  /** The 64-bit integer x·10^scale of a DECIMAL(18, scale). */
  scaled(decimal: Sql, scale: number): Sql
  /** The integer x·10^scale of a decimal of any width, or of an integer at scale 0, as decimal text. */
  scaledText(decimal: Sql, scale: number): Sql
  /** Shortest decimal text of a DECIMAL(18, scale): `12.5`. */
  shortText(decimal: Sql, scale: number): Sql
  /** a / b for 64-bit integers a ≥ 0 and b > 0, cut. */
  divide(a: Sql, b: string): Sql
  /** Aggregate: exact sum of 64-bit integers, of more than 64 bits. */
  sumOfIntegers(value: Sql): Sql

  /** Ms since 1970 of a timestamp, cut. */
  msOfInstant(instant: Sql): Sql

  /** Cast of text, an integer or a boolean to text. */
  asText(value: Sql): Sql
  /** JSON text of a string, as JSON.stringify writes it. */
  jsonText(text: Sql): Sql
  /** Text that compares, and sorts, by its UTF-8 bytes. */
  bytewise(text: Sql): Sql
  /** Aggregate: texts in order of an integer, one space between them. */
  joinOrdered(text: Sql, order: Sql): Sql
  /** Aggregate: about how many distinct values there are; only plans depend on it. */
  aboutDistinct(value: Sql): Sql

  /**
   * Sketches from sorted lists, for engines that have list functions: one GROUP BY, quick with many small
   * groups.
   */
  readonly lists: ListSketches | undefined
}

export type ListSketches = {
  /** Aggregate: sorted list of the integers that are not null. */
  collect(value: Sql): Sql
  /**
   * Aggregate: sorted list of `index * 64 + rank` from values `hash * 64 + rank` that are not null. Of at
   * most `most` different values the indexes are their hashes − 2^52, of more the first 12 of their 52 bits.
   */
  collectHashes(value: Sql, most: number): Sql
  /** Canonical text from such a list (core/cells/sketches/registers.ts). */
  hashes(list: Sql): Sql
  /** Canonical text of bins from a sorted list of bins. */
  bins(list: Sql): Sql
}
