import type { Field } from '../fields.ts'
import type { CellPlan, Metric } from '../metric-plan.ts'
import { WINDOWS } from '../time.ts'
import { filterSql } from './condition.ts'
import { EVENT_PARTITION } from './curated.ts'
import type { Dialect, ListSketches, Sql } from './dialect.ts'
import { type GroupColumn, groupSql } from './group.ts'
import { binSql, distinctColumn, distinctText, registerSql } from './sketches.ts'

/** Column names of partials beside those of the cells. */
export const WINDOW_COLUMN = 'window'
export const GROUP_COLUMN = 'group'

/**
 * How sketches are made. `lists`: one GROUP BY, best when groups are small. `counted`: values are counted before they are put
 * in order, best when groups are large, and able to spill to disk.
 */
export type SketchPlan = 'lists' | 'counted'

export type AggregateOptions = {
  readonly sketches: SketchPlan
  /** Hash each distinct value once and look it up, cell by cell: pays where values repeat. */
  readonly dictionaries?: readonly boolean[]
  /** Keeps the partials of each stream partition apart, in a further column `event_partition`. */
  readonly byPartition?: boolean
}

/** Groups this large are cheaper to count first. Measured with 10 M events: see bench/batch.bench.ts. */
export const LARGE_GROUP = 2000

/**
 * Query: the partials of a metric over curated rows: window (ms), group (canonical text), then each cell's canonical text.
 * Equal to the speed layer's partials byte for byte (core/accumulate.ts).
 */
export function aggregate(
  dialect: Dialect,
  metric: Metric,
  curated: readonly string[],
  options: AggregateOptions,
): Sql {
  const { columns, text } = groupSql(dialect, metric.by)
  const keys: readonly GroupColumn[] = [
    { sql: windowSql(dialect, metric), alias: 'w' },
    ...(options.byPartition === true ? [{ sql: EVENT_PARTITION, alias: 'n' }] : []),
    ...columns,
  ]
  const events = eventsSql(dialect, metric, keys, curated, options.dictionaries ?? [])
  const lists = options.sketches === 'lists' ? dialect.lists : undefined
  const groups =
    lists === undefined
      ? countedGroups(dialect, metric, keys, events)
      : listGroups(lists, metric, keys, events)
  const cells = metric.cells.map(
    (cell, i) => `${cellText(dialect, lists, cell, `c${i}`)} AS ${dialect.identifier(cell.name)}`,
  )
  return `SELECT ${[
    `w AS ${dialect.identifier(WINDOW_COLUMN)}`,
    `${text} AS ${dialect.identifier(GROUP_COLUMN)}`,
    ...cells,
    ...(options.byPartition === true ? [`n AS ${EVENT_PARTITION}`] : []),
  ].join(', ')}\nFROM (${groups}) AS groups`
}

/**
 * Query: how many events and groups a metric has, and about how many values each of its `registers` cells (as `d` and the
 * cell's number), to choose the plan of its sketches.
 */
export function groupSizes(dialect: Dialect, metric: Metric, curated: readonly string[]): Sql {
  const { columns } = groupSql(dialect, metric.by)
  const keys = [{ sql: windowSql(dialect, metric), alias: 'w' }, ...columns]
  const values = metric.cells.flatMap(({ kind, field }, i) =>
    kind === 'registers'
      ? [
          `(SELECT ${dialect.aboutDistinct(distinctColumn(dialect, field!))} FROM ${dialect.scan(curated)} AS c) AS d${i}`,
        ]
      : [],
  )
  const rows = `SELECT ${select(keys)} FROM ${dialect.scan(curated)} AS c${whereSql(dialect, metric)}`
  return `SELECT ${['coalesce(sum(n), 0) AS events', 'count(*) AS groups', ...values].join(', ')} FROM (
  SELECT count(*) AS n FROM (${rows}) AS e GROUP BY ${names(keys)}) AS g`
}

/** Whether any cell is a sketch: only those have more than one plan. */
export function hasSketches(metric: Metric): boolean {
  return metric.kinds.some(isSketch)
}

function isSketch(kind: CellPlan['kind']): boolean {
  return kind === 'registers' || kind === 'bins'
}

function windowSql(dialect: Dialect, metric: Metric): Sql {
  const ms = dialect.msOfInstant('event_time')
  const length = WINDOWS[metric.window]
  // The remainder of a negative number is negative: windows before 1970 are cut downwards too.
  return `${ms} - ((${ms} % ${length}) + ${length}) % ${length}`
}

/** One row an event that passes the filter: keys, and for each cell the value it takes in. */
function eventsSql(
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

function whereSql(dialect: Dialect, metric: Metric): Sql {
  const where = filterSql(dialect, metric.filter)
  return where === undefined ? '' : ` WHERE ${where}`
}

function valueSql(dialect: Dialect, { kind, field }: CellPlan): Sql {
  if (field === undefined) return '1'
  if (kind === 'registers') return distinctText(dialect, field, distinctColumn(dialect, field))
  const column = dialect.identifier(field.column)
  return kind === 'bins' ? dialect.scaled(column, field.kind === 'integer' ? 0 : field.scale!) : column
}

const SCALARS = { count: 'count', sum: 'sum', min: 'min', max: 'max' } as const

function listGroups(lists: ListSketches, metric: Metric, keys: readonly GroupColumn[], events: Sql): Sql {
  const cells = metric.cells.map(({ kind }, i) =>
    kind === 'registers' || kind === 'bins'
      ? `${lists.collect(`v${i}`)} AS c${i}`
      : `${SCALARS[kind]}(v${i}) AS c${i}`,
  )
  return `SELECT ${[names(keys), ...cells].join(', ')} FROM (${events}) AS e GROUP BY ${names(keys)}`
}

/** Scalars in one GROUP BY; each sketch counts its entries first and is then joined to them. */
function countedGroups(dialect: Dialect, metric: Metric, keys: readonly GroupColumn[], events: Sql): Sql {
  const scalars = metric.cells.flatMap(({ kind }, i) =>
    kind === 'registers' || kind === 'bins' ? [] : [`${SCALARS[kind]}(v${i}) AS c${i}`],
  )
  const joins = metric.cells.flatMap(({ kind }, i) =>
    isSketch(kind)
      ? [`LEFT JOIN (${sketchOf(dialect, kind, keys, events, i)}) AS s${i} ON ${matching(dialect, keys, i)}`]
      : [],
  )
  const columns = [
    ...keys.map(({ alias }) => `a.${alias}`),
    ...metric.cells.map(({ kind }, i) => `${isSketch(kind) ? `s${i}` : 'a'}.c${i}`),
  ]
  return `SELECT ${columns.join(', ')} FROM (
  SELECT ${[names(keys), ...scalars].join(', ')} FROM (${events}) AS e GROUP BY ${names(keys)}) AS a
${joins.join('\n')}`
}

function sketchOf(
  dialect: Dialect,
  kind: CellPlan['kind'],
  keys: readonly GroupColumn[],
  events: Sql,
  i: number,
): Sql {
  const entry =
    kind === 'bins'
      ? { index: `v${i}`, value: 'count(*)' }
      : { index: dialect.divide(`v${i}`, '64'), value: `max(v${i} % 64)` }
  const text = `${dialect.asText('x')} || ':' || ${dialect.asText('y')}`
  return `SELECT ${names(keys)}, ${dialect.joinOrdered(text, 'x')} AS c${i} FROM (
    SELECT ${names(keys)}, x, ${entry.value} AS y FROM (SELECT ${names(keys)}, v${i}, ${entry.index} AS x FROM (${events}) AS e WHERE v${i} IS NOT NULL) AS f
    GROUP BY ${names(keys)}, x) AS g GROUP BY ${names(keys)}`
}

function matching(dialect: Dialect, keys: readonly GroupColumn[], i: number): Sql {
  return keys.map(({ alias }) => dialect.same(`a.${alias}`, `s${i}.${alias}`)).join(' AND ')
}

function cellText(
  dialect: Dialect,
  lists: ListSketches | undefined,
  { kind, field }: CellPlan,
  value: Sql,
): Sql {
  if (kind === 'count') return dialect.asText(value)
  if (kind === 'registers') return `coalesce(${lists?.registers(value) ?? value}, '')`
  if (kind === 'bins') return `coalesce(${lists?.bins(value) ?? value}, '')`
  return dialect.scaledText(value, field!.kind === 'integer' ? 0 : field!.scale!)
}

function select(keys: readonly GroupColumn[]): Sql {
  return keys.map(({ sql, alias }) => `${sql} AS ${alias}`).join(', ')
}

function names(keys: readonly GroupColumn[]): Sql {
  return keys.map(({ alias }) => alias).join(', ')
}
