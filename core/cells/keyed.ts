import type { Field } from '../data/fields.ts'
import { compareText } from '../data/filter.ts'
import { canonicalOf } from '../data/group.ts'
import type { Dialect, Sql } from '../sql/dialect.ts'
import { fieldJson, writtenColumn } from '../sql/values.ts'
import type { CellType, Keyed } from './cell-type.ts'

/** Characters (code points) that are kept of a text: a cell must fit an item beside others. */
export const KEPT_TEXT = 1000

/**
 * Digits of an event time counted from the year 1, so that it is never negative and its text sorts as it
 * does.
 */
const TIME_DIGITS = 15
const YEAR_1 = Date.parse('0001-01-01T00:00:00Z')

/**
 * A cell that keeps the value of one event: the first, or the last, by event time and then receipt. Its
 * canonical text `<time> <receipt> <JSON of the value>` sorts as the events do, so every engine finds it by
 * the smallest or largest text.
 */
export function keyedCell(keeps: 'min' | 'max'): CellType<Keyed | null, 'value'> {
  const wins = keeps === 'min' ? (order: number) => order < 0 : (order: number) => order > 0
  return {
    empty: () => null,
    combine: (a, b) => (a === null || (b !== null && wins(compare(b, a))) ? b : a),
    takes: 'value',
    adder: (at, field) => {
      const textOf = jsonOf(field!)
      return (cells, value, time, receipt) => {
        const kept = cells[at] as Keyed | null
        if (kept !== null && !wins(time - kept.time || compareText(receipt, kept.receipt))) return
        cells[at] = { time, receipt, json: textOf(value) }
      }
    },
    format: value => (value === null ? null : format(value)),
    parse: text => (text === null ? null : parse(text)),
    pack: value => (value === null ? '' : format(value)),
    unpack: text => (text === '' ? null : parse(text)),
    isDense: false,
    // Characters of a text take up to six bytes as JSON.
    largest: (6 * KEPT_TEXT) / 1000,
    sql: {
      form: 'scalar',
      readsText: true,
      value: (dialect, field) => keyedSql(dialect, field!),
      aggregates: (dialect, value) => [`${keeps}(${dialect.bytewise(value)})`],
      text: (_dialect, [value]) => value!,
    },
  }
}

function compare(a: Keyed, b: Keyed): number {
  return a.time - b.time || compareText(a.receipt, b.receipt) || compareText(a.json, b.json)
}

function jsonOf(field: Field): (value: unknown) => string {
  const json = canonicalOf(field)
  return value => json(typeof value === 'string' && value.length > KEPT_TEXT ? cut(value) : value)
}

function cut(text: string): string {
  return Array.from(text).slice(0, KEPT_TEXT).join('')
}

function format({ time, receipt, json }: Keyed): string {
  return `${String(time - YEAR_1).padStart(TIME_DIGITS, '0')} ${receipt} ${json}`
}

function parse(text: string): Keyed {
  const end = text.indexOf(' ', TIME_DIGITS + 1)
  return {
    time: Number(text.slice(0, TIME_DIGITS)) + YEAR_1,
    receipt: text.slice(TIME_DIGITS + 1, end),
    json: text.slice(end + 1),
  }
}

function keyedSql(dialect: Dialect, field: Field): Sql {
  const column = writtenColumn(dialect, field)
  const json = fieldJson(
    dialect,
    field,
    field.kind === 'string' ? `substr(${column}, 1, ${KEPT_TEXT})` : column,
  )
  // One more digit in front, then without it: zeros in front stay.
  const time = `${dialect.msOfInstant('event_time')} + ${10 ** TIME_DIGITS - YEAR_1}`
  return `substr(${dialect.asText(time)}, 2) || ' ' || receipt || ' ' || ${json}`
}
