import type { Scaled } from '../data/decimal.ts'
import type { Field } from '../data/fields.ts'
import type { Dialect, ListSketches, Sql } from '../sql/dialect.ts'
import type { Vector } from './vector.ts'

/** What a cell holds. Vectors are changed in place; everything else is replaced. */
export type CellValue = Scaled | null | Vector | Keyed

/**
 * The value of one event, as JSON, and the event's time (ms since 1970) and receipt, which put it in order.
 */
export type Keyed = { readonly time: number; readonly receipt: string; readonly json: string }

/** The cells of a partial, in the order the metric declares them. */
export type CellValues = readonly CellValue[]

/**
 * How a cell takes a field's value in: as it stands in the event, or as an exact number
 * (core/data/decimal.ts), which is made once for all cells of the field.
 */
export type Takes = 'value' | 'scaled'

/**
 * Takes an event's value into a cell, in place.
 *
 * @param cells of a partial; the caller's own
 * @param time event time, ms since 1970
 * @param receipt of the event
 */
export type Add<T> = (cells: CellValue[], value: T, time: number, receipt: string) => void

/**
 * A kind of cell: the mergeable number behind a measure. Every kind is a commutative monoid with an identity,
 * so that partials combine in any order and grouping to the same cell. One file a kind, listed in table.ts.
 */
export type CellType<V extends CellValue = CellValue, T extends Takes = Takes> = {
  /** The identity: a cell that has taken nothing in. */
  empty(): V
  /** Two cells combined to a new one; both stay as they were. */
  combine(a: V, b: V): V
  /**
   * What an earlier version kept of the same values, where it kept less: in it, partials of either version
   * are compared. Of a value that is coarse already it is the value.
   */
  coarse?(value: V): V
  /** About how many different values it has taken in; not there where it does not tell. */
  differing?(value: V): number

  readonly takes: T
  /**
   * Compiles what an event does to the cell at a place among those of its partial. The field is undefined for
   * the count of events.
   */
  adder(at: number, field: Field | undefined): Add<T extends 'scaled' ? Scaled : unknown>

  /** Canonical text, equal in every engine; null of an identity that has none. */
  format(value: V): string | null
  parse(text: string | null): V
  /** Short text for stores that bill by the kilobyte: no tab, no line end. */
  pack(value: V): string
  unpack(text: string): V
  /**
   * Whether it is null or a number that is seldom beyond the safe integers: many are then kept as doubles.
   */
  readonly isDense: boolean
  /** Kilobytes that the packed text can grow to, deflated; 0: it stays a few digits. */
  readonly largest: number

  readonly sql: ScalarSql | SketchSql
  /** SQL aggregate that combines cells which are whole numbers; not there where they are none. */
  readonly total?: 'sum' | 'min' | 'max'
}

/** SQL of a cell that is made by plain aggregates. */
export type ScalarSql = {
  readonly form: 'scalar'
  /** Whether it reads an instant as the event wrote it: curated data then keeps that text too. */
  readonly readsText: boolean
  /** What the cell takes from a curated row; NULL: nothing. */
  value(dialect: Dialect, field: Field | undefined): Sql
  /** Aggregates of such values; each becomes a column. */
  aggregates(dialect: Dialect, value: Sql, field: Field | undefined): readonly Sql[]
  /** Canonical text of the cell from those columns. */
  text(dialect: Dialect, columns: readonly Sql[], field: Field | undefined): Sql
}

/**
 * SQL of a cell that holds a vector: each value is one entry of it, and entries of one index are combined.
 */
export type SketchSql = {
  readonly form: 'sketch'
  readonly readsText: boolean
  /** The curated column, and what its values are first turned into. */
  column(dialect: Dialect, field: Field): Sql
  value(dialect: Dialect, field: Field, column: Sql): Sql
  /**
   * Two more steps, each in a query of its own as the next reads its result several times; the last makes an
   * integer.
   */
  prepare(dialect: Dialect, value: Sql): Sql
  entry(dialect: Dialect, prepared: Sql): Sql
  /**
   * Whether entries are so dear that, where values repeat, each value's is made once and looked up. An entry
   * that comes twice then adds nothing to the cell.
   */
  readonly isDear: boolean
  /** Index of an entry, and the aggregate that combines entries of one index. */
  counted(dialect: Dialect, entry: Sql): { readonly index: Sql; readonly value: Sql }
  /**
   * The index under which an entry is kept in the end, where that depends on how many indexes the cell has.
   */
  folded?(dialect: Dialect, index: Sql, entries: Sql): Sql
  /** An entry's part of the canonical text. */
  text(dialect: Dialect, index: Sql, value: Sql): Sql
  /** Aggregate: sorted list of entries. */
  collected(lists: ListSketches, entry: Sql): Sql
  /** Canonical text from such a list. */
  listed(lists: ListSketches, list: Sql): Sql
}
