import type { SketchSql } from '../cells/cell-type.ts'
import { CELLS } from '../cells/table.ts'
import type { Field } from '../data/fields.ts'
import { WINDOWS } from '../data/time.ts'
import type { CellPlan, Metric } from '../declare/metric-plan.ts'
import type { Relation } from '../lake/relation.ts'
import { filterSql } from './condition.ts'
import type { Dialect, Sql } from './dialect.ts'
import type { GroupColumn } from './group.ts'
import { join, type Query, query } from './query.ts'

/** Whether any cell is a sketch: only those have more than one plan. */
export function hasSketches(metric: Metric): boolean {
  return metric.kinds.some(kind => CELLS[kind].sql.form === 'sketch')
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
  curated: readonly Relation[],
  dictionaries: readonly boolean[],
): Query {
  const values = metric.cells.map(
    (cell, i) => `${valueSql(dialect, cell, dictionaries[i] === true)} AS v${i}`,
  )
  const where = whereSql(dialect, metric)
  const rows = query`SELECT ${[select(keys), ...values].join(', ')} FROM ${dialect.scan(curated)} AS c${where}`
  if (!hasSketches(metric)) return rows
  const steps = metric.cells.map(({ kind, field }, i) => {
    const { sql } = CELLS[kind]
    const v = `v${i}`
    if (sql.form === 'scalar') return { prepared: v, entry: v, lookup: '' }
    if (dictionaries[i] !== true)
      return {
        prepared: `${sql.prepare(dialect, v)} AS ${v}`,
        entry: `${sql.entry(dialect, v)} AS ${v}`,
        lookup: '',
      }
    const dictionary = dictionarySql(dialect, sql, field!, curated)
    const lookup = query`\nLEFT JOIN (${dictionary}) AS d${i} ON d${i}.value = e1.${v}`
    return { prepared: v, entry: `d${i}.entry AS ${v}`, lookup }
  })
  return query`SELECT ${[names(keys), ...steps.map(step => step.entry)].join(', ')} FROM (
  SELECT ${[names(keys), ...steps.map(step => step.prepared)].join(', ')} FROM (${rows}) AS e0) AS e1${join(
    steps.map(step => step.lookup),
    '',
  )}`
}

/** Each value of a column once, with its entry. */
function dictionarySql(dialect: Dialect, sql: SketchSql, field: Field, curated: readonly Relation[]): Query {
  return query`SELECT value, ${sql.entry(dialect, 'prepared')} AS entry FROM (
    SELECT value, ${sql.prepare(dialect, sql.value(dialect, field, 'value'))} AS prepared FROM (
      SELECT DISTINCT ${sql.column(dialect, field)} AS value FROM ${dialect.scan(curated)} AS c) AS d0) AS d1`
}

/** The WHERE clause of a metric, or nothing. */
export function whereSql(dialect: Dialect, metric: Metric): Sql {
  const where = filterSql(dialect, metric.filter)
  return where === undefined ? '' : ` WHERE ${where}`
}

function valueSql(dialect: Dialect, { kind, field }: CellPlan, isLookedUp: boolean): Sql {
  const { sql } = CELLS[kind]
  if (sql.form === 'scalar') return sql.value(dialect, field)
  const column = sql.column(dialect, field!)
  return isLookedUp ? column : sql.value(dialect, field!, column)
}

/** Group columns under their aliases. */
export function select(keys: readonly GroupColumn[]): Sql {
  return keys.map(({ sql, alias }) => `${sql} AS ${alias}`).join(', ')
}

/** The aliases of group columns. */
export function names(keys: readonly GroupColumn[]): Sql {
  return keys.map(({ alias }) => alias).join(', ')
}
