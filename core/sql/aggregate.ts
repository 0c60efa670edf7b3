import type { SketchSql } from '../cells/cell-type.ts'
import { CELLS } from '../cells/table.ts'
import type { CellPlan, Metric } from '../declare/metric-plan.ts'
import type { Relation } from '../lake/relation.ts'
import { LANE_COLUMN, laneSql } from './curated.ts'
import type { Dialect, ListSketches, Sql } from './dialect.ts'
import { eventsSql, names, select, whereSql, windowSql } from './events.ts'
import { type GroupColumn, groupSql } from './group.ts'
import { join, type Query, query } from './query.ts'

/** Column names of partials beside those of the cells. */
export const WINDOW_COLUMN = 'window'
export const GROUP_COLUMN = 'group'

/**
 * How sketches are made. `lists`: one GROUP BY, best when groups are small. `counted`: values are counted
 * before they are put in order, best when groups are large, and able to spill to disk.
 */
export type SketchPlan = 'lists' | 'counted'

export type AggregateOptions = {
  readonly sketches: SketchPlan
  /** Hash each distinct value once and look it up, cell by cell: pays where values repeat. */
  readonly dictionaries?: readonly boolean[]
  /** Keeps the partials of each of so many lanes apart, in a further column `lane`. */
  readonly lanes?: number
}

/** Groups this large are cheaper to count first. Measured with 10 M events: see bench/batch.bench.ts. */
export const LARGE_GROUP = 2000

/**
 * Query: the partials of a metric over curated rows: window (ms), group (canonical text), then each cell's
 * canonical text. Equal to the speed layer's partials byte for byte (core/fold/accumulate.ts).
 */
export function aggregate(
  dialect: Dialect,
  metric: Metric,
  curated: readonly Relation[],
  options: AggregateOptions,
): Query {
  const { columns, text } = groupSql(dialect, metric.by)
  const keys: readonly GroupColumn[] = [
    { sql: windowSql(dialect, metric), alias: 'w' },
    ...(options.lanes === undefined ? [] : [{ sql: laneSql(options.lanes), alias: 'n' }]),
    ...columns,
  ]
  const events = eventsSql(dialect, metric, keys, curated, options.dictionaries ?? [])
  const lists = options.sketches === 'lists' ? dialect.lists : undefined
  const groups =
    lists === undefined
      ? countedGroups(dialect, metric, keys, events)
      : listGroups(dialect, lists, metric, keys, events)
  const cells = metric.cells.map(
    (cell, i) => `${cellText(dialect, lists, cell, i)} AS ${dialect.identifier(cell.name)}`,
  )
  return query`SELECT ${[
    `w AS ${dialect.identifier(WINDOW_COLUMN)}`,
    `${text} AS ${dialect.identifier(GROUP_COLUMN)}`,
    ...cells,
    ...(options.lanes === undefined ? [] : [`n AS ${LANE_COLUMN}`]),
  ].join(', ')}\nFROM (${groups}) AS groups`
}

/**
 * Query: how many events and groups a metric has, and about how many values each cell has whose entries are
 * dear (as `d` and the cell's number), to choose the plan of its sketches.
 */
export function groupSizes(dialect: Dialect, metric: Metric, curated: readonly Relation[]): Query {
  const { columns } = groupSql(dialect, metric.by)
  const keys = [{ sql: windowSql(dialect, metric), alias: 'w' }, ...columns]
  const values = metric.cells.flatMap(({ kind, field }, i) => {
    const { sql } = CELLS[kind]
    if (sql.form !== 'sketch' || !sql.isDear) return []
    const about = dialect.aboutDistinct(sql.column(dialect, field!))
    return [query`(SELECT ${about} FROM ${dialect.scan(curated)} AS c) AS d${i}`]
  })
  const rows = query`SELECT ${select(keys)} FROM ${dialect.scan(curated)} AS c${whereSql(dialect, metric)}`
  return query`SELECT ${join(['coalesce(sum(n), 0) AS events', 'count(*) AS groups', ...values], ', ')} FROM (
  SELECT count(*) AS n FROM (${rows}) AS e GROUP BY ${names(keys)}) AS g`
}

/**
 * Aggregates of a cell's values as columns `c3`, or `c3_1` where there are more than one; none of a sketch.
 */
function scalarColumns(
  dialect: Dialect,
  { kind }: CellPlan,
  i: number,
): readonly { readonly sql: Sql; readonly alias: string }[] {
  const { sql } = CELLS[kind]
  if (sql.form === 'sketch') return []
  const all = sql.aggregates(dialect, `v${i}`)
  return all.map((each, j) => ({ sql: each, alias: all.length === 1 ? `c${i}` : `c${i}_${j}` }))
}

function listGroups(
  dialect: Dialect,
  lists: ListSketches,
  metric: Metric,
  keys: readonly GroupColumn[],
  events: Query,
): Query {
  const cells = metric.cells.flatMap((cell, i) => {
    const { sql } = CELLS[cell.kind]
    return sql.form === 'sketch'
      ? [`${sql.collected(lists, `v${i}`)} AS c${i}`]
      : scalarColumns(dialect, cell, i).map(each => `${each.sql} AS ${each.alias}`)
  })
  return query`SELECT ${[names(keys), ...cells].join(', ')} FROM (${events}) AS e GROUP BY ${names(keys)}`
}

/** Scalars in one GROUP BY; each sketch counts its entries first and is then joined to them. */
function countedGroups(dialect: Dialect, metric: Metric, keys: readonly GroupColumn[], events: Query): Query {
  const scalars = metric.cells.flatMap((cell, i) => scalarColumns(dialect, cell, i))
  const sketches = metric.cells.flatMap(({ kind }, i) => {
    const { sql } = CELLS[kind]
    return sql.form === 'sketch' ? [{ sql: sketchOf(dialect, sql, keys, events, i), i }] : []
  })
  const joins = sketches.map(
    ({ sql, i }) => query`LEFT JOIN (${sql}) AS s${i} ON ${matching(dialect, keys, i)}`,
  )
  const columns = [
    ...keys.map(({ alias }) => `a.${alias}`),
    ...scalars.map(({ alias }) => `a.${alias}`),
    ...sketches.map(({ i }) => `s${i}.c${i}`),
  ]
  return query`SELECT ${columns.join(', ')} FROM (
  SELECT ${[names(keys), ...scalars.map(({ sql, alias }) => `${sql} AS ${alias}`)].join(', ')} FROM (${events}) AS e GROUP BY ${names(keys)}) AS a
${join(joins, '\n')}`
}

function sketchOf(
  dialect: Dialect,
  sql: SketchSql,
  keys: readonly GroupColumn[],
  events: Query,
  i: number,
): Query {
  return query`SELECT ${names(keys)}, ${dialect.joinOrdered(sql.text(dialect, 'x', 'y'), 'x')} AS c${i} FROM (${entriesOf(dialect, sql, keys, events, i)}) AS g
  GROUP BY ${names(keys)}`
}

/** The entries of each cell: keys, index `x` and value `y`. */
function entriesOf(
  dialect: Dialect,
  sql: SketchSql,
  keys: readonly GroupColumn[],
  events: Query,
  i: number,
): Query {
  const { index, value } = sql.counted(dialect, `v${i}`)
  const entries = query`SELECT ${names(keys)}, x, ${value} AS y FROM (
    SELECT ${names(keys)}, v${i}, ${index} AS x FROM (${events}) AS e WHERE v${i} IS NOT NULL) AS f
    GROUP BY ${names(keys)}, x`
  if (sql.folded === undefined) return entries
  return query`SELECT ${names(keys)}, x, max(y) AS y FROM (
    SELECT ${names(keys)}, ${sql.folded(dialect, 'x', 'entries')} AS x, y FROM (
      SELECT ${names(keys)}, x, y, count(*) OVER (PARTITION BY ${names(keys)}) AS entries FROM (${entries}) AS f1) AS f2) AS f3
    GROUP BY ${names(keys)}, x`
}

function matching(dialect: Dialect, keys: readonly GroupColumn[], i: number): Sql {
  return keys.map(({ alias }) => dialect.same(`a.${alias}`, `s${i}.${alias}`)).join(' AND ')
}

function cellText(dialect: Dialect, lists: ListSketches | undefined, cell: CellPlan, i: number): Sql {
  const { sql } = CELLS[cell.kind]
  if (sql.form === 'sketch')
    return `coalesce(${lists === undefined ? `c${i}` : sql.listed(lists, `c${i}`)}, '')`
  const columns = scalarColumns(dialect, cell, i).map(({ alias }) => alias)
  return sql.text(dialect, columns, cell.field)
}
