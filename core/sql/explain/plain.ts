import type { MeasurePlan, Metric } from '../../declare/metric-plan.ts'
import type { CellOf } from '../../explain/cell.ts'
import type { Relation } from '../../lake/relation.ts'
import type { PlainSql } from '../../measures/measure-type.ts'
import { MEASURES } from '../../measures/table.ts'
import type { LakeDialect } from '../dialect.ts'
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
  const plain = metric.measures.map(plan => ({ name: plan.name, said: plainOf(dialect, plan, seconds) }))
  const measures = plain.flatMap(({ name, said }) =>
    said === undefined ? [] : [`${said.sql} AS ${dialect.identifier(name)}`],
  )
  const columns = ['count(*) AS events', ...measures].join(',\n  ')
  const notes = notesOf(metric, plain)
    .map(note => `\n-- ${note}`)
    .join('')
  return query`SELECT ${columns}\nFROM ${dialect.scan(curated)} AS c\nWHERE ${isOfCell(dialect, metric, cell)};${notes}`
    .sql
}

type Said = { readonly name: string; readonly said: PlainSql | undefined }

/** How what is shown differs from what the statement gives, and which measures it leaves out. */
function notesOf(metric: Metric, plain: readonly Said[]): readonly string[] {
  const byNote = Map.groupBy(
    plain.filter(({ said }) => said === undefined || said.note !== undefined),
    ({ said }) => said?.note ?? `npx tributary sql ${metric.name} has how they are computed`,
  )
  return [...byNote].map(([note, those]) => `${those.map(({ name }) => name).join(', ')}: ${note}`)
}

function plainOf(dialect: LakeDialect, { measure, field }: MeasurePlan, seconds: number) {
  const column = field === undefined ? undefined : dialect.identifier(field.column)
  const written = field === undefined ? undefined : writtenColumn(dialect, field)
  return MEASURES[measure.kind].plain({ column, written, seconds })
}
