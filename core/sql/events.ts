import type { SketchSql } from '../cells/cell-type.ts'
import { CELLS } from '../cells/table.ts'
import { WINDOWS } from '../data/time.ts'
import type { CellPlan, Metric } from '../declare/metric-plan.ts'
import type { Relation } from '../lake/relation.ts'
import { filterSql } from './condition.ts'
import type { Dialect, Sql } from './dialect.ts'
import type { GroupColumn } from './group.ts'
import { type Named, type Query, query, selectOf } from './query.ts'

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

/**
 * Named parts, of which the last, `EVENTS`, has one row an event that passes the filter: keys, and for each
 * cell the value it takes in.
 */
export function eventsParts(
  dialect: Dialect,
  metric: Metric,
  keys: readonly GroupColumn[],
  curated: readonly Relation[],
  dictionaries: readonly boolean[],
): readonly Named[] {
  const values = metric.cells.map(
    (cell, i) => `${valueSql(dialect, cell, dictionaries[i] === true)} AS v${i}`,
  )
  const where = whereSql(dialect, metric)
  const rows = query`${selectOf([select(keys), ...values])}\nFROM ${dialect.scan(curated)} AS c${where}`
  if (!hasSketches(metric)) return [{ name: EVENTS, query: rows }]
  const steps = metric.cells.map((cell, i) => stepsOf(dialect, cell, i, dictionaries[i] === true))
  const lookups = steps.map(({ dictionary }, i) =>
    dictionary ? `\nLEFT JOIN d${i} ON d${i}.value = p.v${i}` : '',
  )
  const alone = (column: 'prepared' | 'entry') => [names(keys), ...steps.map(step => step[column])]
  return [
    ...metric.cells.flatMap((cell, i) =>
      steps[i]!.dictionary ? [{ name: `d${i}`, query: dictionaryOf(dialect, cell, curated) }] : [],
    ),
    { name: 'picked', query: rows },
    { name: 'prepared', query: query`${selectOf(alone('prepared'))}\nFROM picked` },
    { name: EVENTS, query: query`${selectOf(alone('entry'))}\nFROM prepared AS p${lookups.join('')}` },
  ]
}

/** Name of the part that has the events of a metric. */
export const EVENTS = 'events'

/** What becomes of a cell's value, in two steps: the second reads the result of the first several times. */
function stepsOf(
  dialect: Dialect,
  { kind }: CellPlan,
  i: number,
  isLookedUp: boolean,
): { readonly prepared: Sql; readonly entry: Sql; readonly dictionary: boolean } {
  const { sql } = CELLS[kind]
  const value = `v${i}`
  if (sql.form === 'scalar') return { prepared: value, entry: value, dictionary: false }
  if (isLookedUp) return { prepared: value, entry: `d${i}.entry AS ${value}`, dictionary: true }
  const under = (of: Sql) => (of === value ? value : `${of} AS ${value}`)
  return {
    prepared: under(sql.prepare(dialect, value)),
    entry: under(sql.entry(dialect, value)),
    dictionary: false,
  }
}

/** Each value of a cell's column once, with its entry. */
function dictionaryOf(dialect: Dialect, { kind, field }: CellPlan, curated: readonly Relation[]): Query {
  const sql = CELLS[kind].sql as SketchSql
  return query`SELECT value, ${sql.entry(dialect, 'prepared')} AS entry FROM (
    SELECT value, ${sql.prepare(dialect, sql.value(dialect, field!, 'value'))} AS prepared FROM (
      SELECT DISTINCT ${sql.column(dialect, field!)} AS value FROM ${dialect.scan(curated)} AS c) AS d0) AS d1`
}

/** The WHERE clause of a metric, or nothing. */
export function whereSql(dialect: Dialect, metric: Metric): Sql {
  const where = filterSql(dialect, metric.filter)
  return where === undefined ? '' : `\nWHERE ${where}`
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
