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
 * Which cells have each distinct value hashed once and looked up, and whether whoever reads the events does
 * that: they have the values themselves then.
 */
export type Lookups = { readonly dictionaries: readonly boolean[]; readonly isLookedUpLater: boolean }

/**
 * Named parts, of which the last, `EVENTS`, has one row an event that passes the filter: keys, and for each
 * cell the value it takes in.
 */
export function eventsParts(
  dialect: Dialect,
  metric: Metric,
  keys: readonly GroupColumn[],
  curated: readonly Relation[],
  { dictionaries, isLookedUpLater }: Lookups,
): readonly Named[] {
  const values = metric.cells.map(
    (cell, i) => `${valueSql(dialect, cell, dictionaries[i] === true)} AS v${i}`,
  )
  const where = whereSql(dialect, metric)
  const rows = query`${selectOf([select(keys), ...values])}\nFROM ${dialect.scan(curated)} AS c${where}`
  if (!hasSketches(metric)) return [{ name: EVENTS, query: rows }]
  const steps = metric.cells.map((cell, i) =>
    dictionaries[i] === true ? lookedUp(i, isLookedUpLater) : stepsOf(dialect, cell, i),
  )
  const lookups = steps.map(({ dictionary }, i) =>
    dictionary ? `\nLEFT JOIN d${i} ON d${i}.value = p.v${i}` : '',
  )
  const alone = (column: 'prepared' | 'entry') => [names(keys), ...steps.map(step => step[column])]
  return [
    ...metric.cells.flatMap((cell, i) =>
      steps[i]!.dictionary
        ? [{ name: `d${i}`, query: dictionaryOf(dialect, cell, columnOf(dialect, cell, curated)) }]
        : [],
    ),
    { name: 'picked', query: rows },
    { name: 'prepared', query: query`${selectOf(alone('prepared'))}\nFROM picked` },
    { name: EVENTS, query: query`${selectOf(alone('entry'))}\nFROM prepared AS p${lookups.join('')}` },
  ]
}

/** Name of the part that has the events of a metric. */
export const EVENTS = 'events'

/** What becomes of a cell's value, in two steps: the second reads the result of the first several times. */
type Steps = { readonly prepared: Sql; readonly entry: Sql; readonly dictionary: boolean }

function lookedUp(i: number, isLater: boolean): Steps {
  const value = `v${i}`
  return isLater
    ? { prepared: value, entry: value, dictionary: false }
    : { prepared: value, entry: `d${i}.entry AS ${value}`, dictionary: true }
}

function stepsOf(dialect: Dialect, { kind }: CellPlan, i: number): Steps {
  const { sql } = CELLS[kind]
  const value = `v${i}`
  if (sql.form === 'scalar') return { prepared: value, entry: value, dictionary: false }
  const under = (of: Sql) => (of === value ? value : `${of} AS ${value}`)
  return {
    prepared: under(sql.prepare(dialect, value)),
    entry: under(sql.entry(dialect, value)),
    dictionary: false,
  }
}

/** Each of some values (a relation of `value`) once, with its entry in a cell. */
export function dictionaryOf(dialect: Dialect, { kind, field }: CellPlan, values: Query): Query {
  const sql = CELLS[kind].sql as SketchSql
  return query`SELECT value, ${sql.entry(dialect, 'prepared')} AS entry FROM (
    SELECT value, ${sql.prepare(dialect, sql.value(dialect, field!, 'value'))} AS prepared FROM (
      SELECT DISTINCT value FROM ${values}) AS d0) AS d1`
}

function columnOf(dialect: Dialect, { kind, field }: CellPlan, curated: readonly Relation[]): Query {
  const column = (CELLS[kind].sql as SketchSql).column(dialect, field!)
  return query`(SELECT ${column} AS value FROM ${dialect.scan(curated)} AS c) AS c`
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
