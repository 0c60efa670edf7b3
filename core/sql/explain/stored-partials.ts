import type { Metric } from '../../declare/metric-plan.ts'
import type { CellOf } from '../../explain/cell.ts'
import type { Relation } from '../../lake/relation.ts'
import { GROUP_COLUMN, WINDOW_COLUMN } from '../aggregate.ts'
import type { LakeDialect } from '../dialect.ts'
import { type Query, query } from '../query.ts'

/**
 * Query: partials in the windows of a cell, with the object that each is in as `__part`. `groups`: only
 * those of them.
 */
export function storedOfCell(
  dialect: LakeDialect,
  metric: Metric,
  partials: Relation,
  { windows: { from, to } }: CellOf,
  groups: readonly string[] | undefined,
): Query {
  const [window, group] = [WINDOW_COLUMN, GROUP_COLUMN].map(dialect.identifier)
  const columns = [window!, group!, ...metric.cells.map(({ name }) => dialect.identifier(name)), '__part']
  const among = groups === undefined ? '' : ` AND ${group} IN (${groups.map(dialect.text).join(', ')})`
  return query`SELECT ${columns.join(', ')} FROM ${dialect.scanPlaced(partials)} AS p
WHERE ${window!} >= ${from} AND ${window!} < ${to}${among}`
}
