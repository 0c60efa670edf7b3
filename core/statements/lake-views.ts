import { CELLS } from '../cells/table.ts'
import type { CellPlan, MeasurePlan, Metric } from '../declare/metric-plan.ts'
import type { Relation } from '../lake/relation.ts'
import type { WarehouseTable } from '../lake/warehouse-table.ts'
import { MEASURES } from '../measures/table.ts'
import { GROUP_COLUMN, WINDOW_COLUMN } from '../sql/aggregate.ts'
import type { Sql } from '../sql/dialect.ts'
import { duckdbDialect } from '../sql/duckdb/duckdb.ts'
import { identifier, text } from '../sql/duckdb/names.ts'
import { envelope } from '../sql/duckdb/raw.ts'

/** Queries behind the tables that somebody asks by SQL, over the files of a lake in `root`. */

/** Raw lines as they were received. A line that is just being written is one of nulls. */
export function rawView(root: string, files: readonly string[]): Sql {
  const lines = envelope(
    `[${files.map(file => text(`${root}/${file}`)).join(', ')}]`,
    'data',
    text('JSON'),
    ', ignore_errors = true',
  )
  return `SELECT receipt, make_timestamptz(try_cast(receipt[:13] AS BIGINT) * 1000) AS received_at,
  event_id, event_source, make_timestamptz(event_ms * 1000) AS event_time, event_partition, data
FROM (${lines})
WHERE receipt IS NOT NULL`
}

/** Curated rows without the columns that are the platform's own. */
export function curatedView(root: string, relations: readonly Relation[]): Sql {
  const own = `c NOT IN ('event_hash', 'event_partition') AND NOT ends_with(c, '__present') AND NOT ends_with(c, '__text')`
  return `SELECT COLUMNS(lambda c: ${own}) FROM ${duckdbDialect(root).scan(relations).sql}`
}

/** Measures that SQL computes from cells; the others are sketches, which the API presents. */
export function measuresInSql(metric: Metric): readonly MeasurePlan[] {
  return metric.measures.filter(plan => measureSql(metric, plan) !== undefined)
}

/** The numbers of a metric through its boundary: one row a group and window. */
export function metricView(root: string, metric: Metric, relations: readonly Relation[]): Sql {
  return metricRows(metric, duckdbDialect(root).scan(relations).sql)
}

/** The same, over partials as an engine has them. */
export function metricRows(metric: Metric, partials: Sql): Sql {
  const [window, group] = [identifier(WINDOW_COLUMN), identifier(GROUP_COLUMN)]
  const fields = metric.by.map(({ name, kind }) => {
    const value = `json_extract_string(${group}, ${text(`$."${name}"`)})`
    const type = { integer: 'BIGINT', number: 'DOUBLE', boolean: 'BOOLEAN', instant: 'TIMESTAMPTZ' }
    const cast = kind === 'string' || kind === 'json' ? value : `(${value})::${type[kind]}`
    return `${cast} AS ${identifier(name.replaceAll('.', '_').toLowerCase())}`
  })
  const measures = metric.measures.flatMap(plan => {
    const sql = measureSql(metric, plan)
    return sql === undefined ? [] : [`${sql} AS ${identifier(plan.name)}`]
  })
  const columns = [`make_timestamptz(${window} * 1000) AS window_start`, ...fields, ...measures]
  return `SELECT ${columns.join(', ')}, ${group} AS group_key
FROM ${partials} GROUP BY ${window}, ${group}`
}

function measureSql({ cells }: Metric, { measure, cells: places }: MeasurePlan): Sql | undefined {
  const { ofTotals } = MEASURES[measure.kind]
  return ofTotals?.(places.map(place => totalOf(cells[place]!)))
}

/** Cells are whole numbers as text, scaled by the field's decimal places where they take exact numbers in. */
function totalOf({ name, kind, field }: CellPlan): Sql {
  const { total, takes } = CELLS[kind]
  const whole = `${total}(${identifier(name)}::HUGEINT)`
  if (takes === 'value') return `${whole}::BIGINT`
  const scale = field?.scale ?? 0
  if (scale === 0) return `${whole}::DECIMAL(38, 0)`
  return `(${whole}::DECIMAL(${37 - scale}, 0) * 0.${'1'.padStart(scale, '0')}::DECIMAL(${scale + 1}, ${scale}))`
}

/** A table of which nothing is stored yet. */
export function emptyView({ columns }: Pick<WarehouseTable, 'columns'>): Sql {
  const types = {
    ...{ text: 'VARCHAR', bigint: 'BIGINT', double: 'DOUBLE', boolean: 'BOOLEAN', json: 'VARCHAR' },
    timestamp: 'TIMESTAMPTZ',
  }
  const nulls = columns.map(({ name, type, scale = 0, precision = 18 }) => {
    const sql = type === 'decimal' ? `DECIMAL(${precision}, ${scale})` : types[type]
    return `NULL::${sql} AS ${identifier(name)}`
  })
  return `SELECT ${nulls.join(', ')} WHERE FALSE`
}
