import type { MeasurePlan, Metric } from '../../declare/metric-plan.ts'
import type { CellOf } from '../../explain/cell.ts'
import type { Relation } from '../../lake/relation.ts'
import type { LakeDialect, Sql } from '../dialect.ts'
import { duckdbDialect } from '../duckdb/duckdb.ts'
import { query } from '../query.ts'
import { writtenColumn } from '../values.ts'
import { isOfCell } from './cell-rows.ts'

/**
 * A statement by which somebody without this program counts a cell from curated files, in stock DuckDB that
 * was started in the lake's folder.
 *
 * @param seconds of the window
 */
export function plainCount(
  metric: Metric,
  cell: CellOf,
  curated: readonly Relation[],
  seconds: number,
): string {
  const dialect = duckdbDialect('.')
  const measures = metric.measures.flatMap(plan => {
    const sql = measureSql(dialect, plan, seconds)
    return sql === undefined ? [] : [`${sql} AS ${dialect.identifier(plan.name)}`]
  })
  const left = metric.measures.filter(plan => measureSql(dialect, plan, seconds) === undefined)
  const counted = metric.measures.filter(({ measure }) => measure.kind === 'distinct')
  const notes = [
    ...(counted.length === 0
      ? []
      : [`-- ${namesOf(counted)}: shown as an estimate where there are more than 256`]),
    ...(left.length === 0
      ? []
      : [`-- ${namesOf(left)}: npx tributary sql ${metric.name} has how they are computed`]),
  ]
  const columns = ['count(*) AS events', ...measures].join(',\n  ')
  return query`SELECT ${columns}\nFROM ${dialect.scan(curated)} AS c\nWHERE ${isOfCell(dialect, metric, cell)};${notes.map(note => `\n${note}`).join('')}`
    .sql
}

const namesOf = (plans: readonly MeasurePlan[]) => plans.map(({ name }) => name).join(', ')

/** What a measure shows, in plain SQL; undefined of one that is not that of all values. */
function measureSql(dialect: LakeDialect, { measure, field }: MeasurePlan, seconds: number): Sql | undefined {
  const column = field === undefined ? undefined : dialect.identifier(field.column)
  switch (measure.kind) {
    case 'count':
      return column === undefined ? 'count(*)' : `count(${column})`
    case 'sum':
    case 'min':
    case 'max':
      return `${measure.kind}(${column})`
    case 'mean':
      return `sum(${column})::DOUBLE / count(${column})`
    case 'distinct':
      return `count(DISTINCT ${writtenColumn(dialect, field!)})`
    case 'rate':
      return `${column === undefined ? 'count(*)' : `sum(${column})`}::DOUBLE / ${seconds}`
    default:
      return undefined
  }
}
