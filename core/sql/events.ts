import type { Field } from '../data/fields.ts'
import { WINDOWS } from '../data/time.ts'
import type { CellPlan, Metric } from '../declare/metric-plan.ts'
import { filterSql } from './condition.ts'
import type { Dialect, Sql } from './dialect.ts'
import type { GroupColumn } from './group.ts'
import { binSql, distinctColumn, distinctText, registerSql } from './sketches.ts'

/** Whether any cell is a sketch: only those have more than one plan. */
export function hasSketches(metric: Metric): boolean {
  return metric.kinds.some(isSketch)
}

/** A cell that holds a vector. */
export function isSketch(kind: CellPlan['kind']): boolean {
  return kind === 'registers' || kind === 'bins'
}

/** Start of the window of a curated row, ms. */
export function windowSql(dialect: Dialect, metric: Metric): Sql {
  const ms = dialect.msOfInstant('event_time')
  const length = WINDOWS[metric.window]
  // The remainder of a negative number is negative: windows before 1970 are cut downwards too.
  return `${ms} - ((${ms} % ${length}) + ${length}) % ${length}`
}

/** One row an event that passes the filter: keys, and for each cell the value it takes in. */
export function eventsSql(
  dialect: Dialect,
  metric: Metric,
  keys: readonly GroupColumn[],
  curated: readonly string[],
  dictionaries: readonly boolean[],
): Sql {
  const values = metric.cells.map((cell, i) => {
    const value = dictionaries[i] === true ? distinctColumn(dialect, cell.field!) : valueSql(dialect, cell)
    return `${value} AS v${i}`
  })
  const where = whereSql(dialect, metric)
  const rows = `SELECT ${[select(keys), ...values].join(', ')} FROM ${dialect.scan(curated)} AS c${where}`
  if (!hasSketches(metric)) return rows
  const hashed = metric.cells.map(({ kind }, i) =>
    kind === 'registers' && dictionaries[i] !== true ? `${dialect.md5(`v${i}`)} AS v${i}` : `v${i}`,
  )
  const entries = metric.cells.map(({ kind }, i) => {
    if (kind === 'registers')
      return dictionaries[i] === true ? `d${i}.entry AS v${i}` : `${registerSql(dialect, `v${i}`)} AS v${i}`
    return kind === 'bins' ? `${binSql(dialect, `v${i}`)} AS v${i}` : `v${i}`
  })
  const joins = metric.cells.map(({ field }, i) =>
    dictionaries[i] === true
      ? `\nLEFT JOIN (${dictionarySql(dialect, field!, curated)}) AS d${i} ON d${i}.value = e1.v${i}`
      : '',
  )
  return `SELECT ${[names(keys), ...entries].join(', ')} FROM (
  SELECT ${[names(keys), ...hashed].join(', ')} FROM (${rows}) AS e0) AS e1${joins.join('')}`
}

/** Each value of a column once, with its register and rank. */
function dictionarySql(dialect: Dialect, field: Field, curated: readonly string[]): Sql {
  return `SELECT value, ${registerSql(dialect, 'hex')} AS entry FROM (
    SELECT value, ${dialect.md5(distinctText(dialect, field, 'value'))} AS hex FROM (
      SELECT DISTINCT ${distinctColumn(dialect, field)} AS value FROM ${dialect.scan(curated)} AS c) AS d0) AS d1`
}

/** The WHERE clause of a metric, or nothing. */
export function whereSql(dialect: Dialect, metric: Metric): Sql {
  const where = filterSql(dialect, metric.filter)
  return where === undefined ? '' : ` WHERE ${where}`
}

function valueSql(dialect: Dialect, { kind, field }: CellPlan): Sql {
  if (field === undefined) return '1'
  if (kind === 'registers') return distinctText(dialect, field, distinctColumn(dialect, field))
  const column = dialect.identifier(field.column)
  return kind === 'bins' ? dialect.scaled(column, field.kind === 'integer' ? 0 : field.scale!) : column
}

/** Group columns under their aliases. */
export function select(keys: readonly GroupColumn[]): Sql {
  return keys.map(({ sql, alias }) => `${sql} AS ${alias}`).join(', ')
}

/** The aliases of group columns. */
export function names(keys: readonly GroupColumn[]): Sql {
  return keys.map(({ alias }) => alias).join(', ')
}
