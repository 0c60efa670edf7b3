import type { SketchSql } from '../cells/cell-type.ts'
import { CELLS } from '../cells/table.ts'
import type { CellPlan, Metric } from '../declare/metric-plan.ts'
import type { Relation } from '../lake/relation.ts'
import { LANE_COLUMN, laneSql } from './curated.ts'
import type { Dialect, ListSketches, Sql } from './dialect.ts'
import { dictionaryOf, EVENTS, eventsParts, names, select, whereSql, windowSql } from './events.ts'
import { type GroupColumn, groupSql } from './group.ts'
import { join, type Named, type Query, query, selectOf, withNamed } from './query.ts'

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
  const group = groupSql(dialect, metric.by)
  const keys: readonly GroupColumn[] = [
    { sql: windowSql(dialect, metric), alias: 'w' },
    ...(options.lanes === undefined ? [] : [{ sql: laneSql(options.lanes), alias: 'n' }]),
    ...group.columns,
  ]
  const lists = options.sketches === 'lists' ? dialect.lists : undefined
  const { dictionaries = [] } = options
  const lookups = { dictionaries, isLookedUpLater: lists === undefined }
  const events = eventsParts(dialect, metric, keys, curated, lookups)
  const groups =
    lists === undefined
      ? countedGroups(dialect, metric, keys, dictionaries)
      : listGroups(dialect, lists, metric, keys)
  const cells = metric.cells.map(
    (cell, i) => `${cellText(dialect, lists, cell, i)} AS ${dialect.identifier(cell.name)}`,
  )
  const columns = [
    `w AS ${dialect.identifier(WINDOW_COLUMN)}`,
    `${group.text} AS ${dialect.identifier(GROUP_COLUMN)}`,
    ...cells,
    ...(options.lanes === undefined ? [] : [`n AS ${LANE_COLUMN}`]),
  ]
  return withNamed([...events, ...groups], query`${selectOf(columns)}\nFROM ${GROUPED}`)
}

/** Name of the part that has a row a group, with the columns that its cells are made of. */
const GROUPED = 'grouped'

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
  { kind, field }: CellPlan,
  i: number,
): readonly { readonly sql: Sql; readonly alias: string }[] {
  const { sql } = CELLS[kind]
  if (sql.form === 'sketch') return []
  const all = sql.aggregates(dialect, `v${i}`, field)
  return all.map((each, j) => ({ sql: each, alias: all.length === 1 ? `c${i}` : `c${i}_${j}` }))
}

function listGroups(
  dialect: Dialect,
  lists: ListSketches,
  metric: Metric,
  keys: readonly GroupColumn[],
): readonly Named[] {
  const cells = metric.cells.flatMap((cell, i) => {
    const { sql } = CELLS[cell.kind]
    return sql.form === 'sketch'
      ? [`${sql.collected(lists, `v${i}`)} AS c${i}`]
      : scalarColumns(dialect, cell, i).map(each => `${each.sql} AS ${each.alias}`)
  })
  return [{ name: GROUPED, query: groupedBy(keys, cells, EVENTS) }]
}

function groupedBy(keys: readonly GroupColumn[], columns: readonly Sql[], from: string): Query {
  return query`${selectOf([names(keys), ...columns])}\nFROM ${from}\nGROUP BY ${names(keys)}`
}

/**
 * Scalars in one GROUP BY, and each sketch in its own, which counts entries first. They come together as rows
 * of one group, not by a join: keys may be null, and no engine has to compare those.
 */
function countedGroups(
  dialect: Dialect,
  metric: Metric,
  keys: readonly GroupColumn[],
  dictionaries: readonly boolean[],
): readonly Named[] {
  const scalars = metric.cells.flatMap((cell, i) => scalarColumns(dialect, cell, i))
  const columns = scalars.map(({ sql, alias }) => `${sql} AS ${alias}`)
  const sketches = metric.cells.flatMap((cell, i) => {
    const { sql } = CELLS[cell.kind]
    if (sql.form !== 'sketch') return []
    const values = dictionaries[i] === true ? valuesOnce(dialect, cell, keys, i) : []
    return [{ i, parts: [...values, ...sketchParts(dialect, sql, keys, i, values.at(-1)?.name)] }]
  })
  if (sketches.length === 0) return [{ name: GROUPED, query: groupedBy(keys, columns, EVENTS) }]
  const all = [...scalars.map(({ alias }) => alias), ...sketches.map(({ i }) => `c${i}`)]
  // The first of the two has the types of scalars; NULL of a text says that it is one.
  const ofScalars = [...scalars.map(({ alias }) => alias), ...sketches.map(({ i }) => noText(dialect, i))]
  const ofSketches = all.map((alias, at) => (at < scalars.length ? `NULL AS ${alias}` : alias))
  const rows = [
    `SELECT ${[names(keys), ...ofScalars].join(', ')} FROM ${SCALARS}`,
    `SELECT ${[names(keys), ...ofSketches].join(', ')} FROM ${TEXTS}`,
  ]
  return [
    { name: SCALARS, query: groupedBy(keys, columns, EVENTS) },
    ...sketches.flatMap(({ parts }) => parts),
    { name: TEXTS, query: textsOf(keys, sketches) },
    { name: GROUPED, query: groupedBy(keys, all.map(largest), together(rows)) },
  ]
}

/** The texts of a group's sketches as columns of one row. */
function textsOf(keys: readonly GroupColumn[], sketches: readonly { readonly i: number }[]): Query {
  const rows = sketches.map(({ i }) => `SELECT ${names(keys)}, cell, t FROM s${i}`)
  const columns = sketches.map(({ i }) => `max(CASE WHEN cell = ${i} THEN t END) AS c${i}`)
  return groupedBy(keys, columns, together(rows))
}

const together = (rows: readonly Sql[]): Sql => `(\n${rows.join('\nUNION ALL ')}) AS r`

/** Of one value and nulls it is the value. */
const largest = (alias: Sql): Sql => `max(${alias}) AS ${alias}`

const noText = (dialect: Dialect, i: number): Sql => `${dialect.asText('NULL')} AS c${i}`

const TEXTS = 'texts'
const SCALARS = 'scalars'

/**
 * Parts for a sketch that only asks which values there are: `u3`, each value of a group once, so that no
 * event is looked up; `d3`, their dictionary; and `f3`, each value's entry.
 */
function valuesOnce(
  dialect: Dialect,
  cell: CellPlan,
  keys: readonly GroupColumn[],
  i: number,
): readonly Named[] {
  const all = names(keys)
  const [once, dictionary, entries] = [`u${i}`, `d${i}`, `f${i}`]
  const own = keys.map(({ alias }) => `${once}.${alias}`).join(', ')
  return [
    {
      name: once,
      query: query`SELECT ${all}, v${i} FROM ${EVENTS} WHERE v${i} IS NOT NULL GROUP BY ${all}, v${i}`,
    },
    {
      name: dictionary,
      query: dictionaryOf(dialect, cell, query`(SELECT v${i} AS value FROM ${once}) AS u`),
    },
    {
      name: entries,
      query: query`SELECT ${own}, ${dictionary}.entry AS v${i} FROM ${once} JOIN ${dictionary} ON ${dictionary}.value = ${once}.v${i}`,
    },
  ]
}

/** Parts of a sketch: `e3`, the entries of each group's cell, and `s3`, a row a group with its text. */
function sketchParts(
  dialect: Dialect,
  sql: SketchSql,
  keys: readonly GroupColumn[],
  i: number,
  from: string = EVENTS,
): readonly Named[] {
  const all = names(keys)
  const { index, value } = sql.counted(dialect, `v${i}`)
  const indexed = `SELECT ${all}, v${i}, ${index} AS x FROM ${from} WHERE v${i} IS NOT NULL`
  const entries = `SELECT ${all}, x, ${value} AS y\nFROM (${indexed}) AS f\nGROUP BY ${all}, x`
  const text = dialect.joinOrdered(sql.text(dialect, 'x', 'y'), 'x')
  return [
    {
      name: `e${i}`,
      query: query`${sql.folded === undefined ? entries : foldedOf(dialect, sql.folded, all, entries)}`,
    },
    { name: `s${i}`, query: groupedBy(keys, [`${i} AS cell`, `${text} AS t`], `e${i}`) },
  ]
}

/** Entries under the index that they are kept by in the end. */
function foldedOf(dialect: Dialect, folded: NonNullable<SketchSql['folded']>, keys: Sql, entries: Sql): Sql {
  return `SELECT ${keys}, x, max(y) AS y
FROM (SELECT ${keys}, ${folded(dialect, 'x', 'entries')} AS x, y
  FROM (SELECT ${keys}, x, y, count(*) OVER (PARTITION BY ${keys}) AS entries
    FROM (${entries}) AS f1) AS f2) AS f3
GROUP BY ${keys}, x`
}

function cellText(dialect: Dialect, lists: ListSketches | undefined, cell: CellPlan, i: number): Sql {
  const { sql } = CELLS[cell.kind]
  if (sql.form === 'sketch')
    return `coalesce(${lists === undefined ? `c${i}` : sql.listed(lists, `c${i}`)}, '')`
  const columns = scalarColumns(dialect, cell, i).map(({ alias }) => alias)
  return sql.text(dialect, columns, cell.field)
}
