import type { Metric } from '../declare/metric-plan.ts'
import type { Relation } from '../lake/relation.ts'
import { GROUP_COLUMN, WINDOW_COLUMN } from './aggregate.ts'
import { partialColumns } from './condense.ts'
import type { CsvColumn, LakeDialect } from './dialect.ts'
import { PRESENT_COLUMN } from './partials.ts'
import { type Query, query } from './query.ts'

/** The generation that changed the key. */
const GENERATION_COLUMN = '__generation'

/** Columns of what keys had before a generation, as a CSV object has them. */
export function historyColumns(metric: Pick<Metric, 'cells'>): readonly CsvColumn[] {
  return [
    ...partialColumns(metric),
    { name: PRESENT_COLUMN, type: 'boolean' },
    { name: GENERATION_COLUMN, type: 'integer' },
  ]
}

/** Query: the rows of such an object, in order of window, so that a reader of some windows skips the rest. */
export function historyOfText(dialect: LakeDialect, metric: Metric, text: Relation): Query {
  const columns = historyColumns(metric)
  const names = columns.map(({ name }) => dialect.identifier(name)).join(', ')
  return query`SELECT ${names} FROM ${dialect.csv(text, columns)} AS h ORDER BY ${dialect.identifier(WINDOW_COLUMN)}`
}

/** Windows that start in [from, to), ms; undefined: open. */
export type SomeWindows = { readonly from: number | undefined; readonly to: number | undefined }

/** Query: of each key that generations have changed what it had before the first of them. */
export function beforeAll(
  dialect: LakeDialect,
  metric: Metric,
  changes: Relation,
  { from, to }: SomeWindows,
): Query {
  const [window, group, generation] = [WINDOW_COLUMN, GROUP_COLUMN, GENERATION_COLUMN].map(dialect.identifier)
  const names = historyColumns(metric).map(({ name }) => dialect.identifier(name))
  const bounds = [
    ...(from === undefined ? [] : [`${window} >= ${from}`]),
    ...(to === undefined ? [] : [`${window} < ${to}`]),
  ]
  const where = bounds.length === 0 ? 'TRUE' : bounds.join(' AND ')
  const order = `row_number() OVER (PARTITION BY ${window}, ${group} ORDER BY ${generation})`
  return query`SELECT ${names.join(', ')} FROM (SELECT ${names.join(', ')}, ${order} AS __nth FROM ${dialect.scan([changes])} AS h WHERE ${where}) AS n WHERE __nth = 1`
}
