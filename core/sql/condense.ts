import type { Metric } from '../declare/metric-plan.ts'
import type { Relation } from '../lake/relation.ts'
import { GROUP_COLUMN, WINDOW_COLUMN } from './aggregate.ts'
import type { CsvColumn, LakeDialect } from './dialect.ts'
import { type Query, query } from './query.ts'

/** Columns of partials as a CSV object has them: cells are their canonical texts. */
export function partialColumns({ cells }: Pick<Metric, 'cells'>): readonly CsvColumn[] {
  return [
    { name: WINDOW_COLUMN, type: 'integer' },
    { name: GROUP_COLUMN, type: 'text' },
    ...cells.map(({ name }) => ({ name, type: 'text' as const })),
  ]
}

/** Query: the partials of a CSV object, in order of window, then group. */
export function partialsOfText(dialect: LakeDialect, metric: Metric, text: Relation): Query {
  const columns = partialColumns(metric)
  const [window, group] = columns.map(({ name }) => dialect.identifier(name))
  return query`SELECT ${columns.map(({ name }) => dialect.identifier(name)).join(', ')}
FROM ${dialect.csv(text, columns)} AS p ORDER BY ${window!}, ${dialect.bytewise(group!)}`
}
