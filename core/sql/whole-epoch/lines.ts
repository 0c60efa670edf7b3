import type { Contract } from '../../declare/pipeline.ts'
import type { Relation } from '../../lake/relation.ts'
import type { RefiningDialect } from '../dialect.ts'
import { join, type Query, query } from '../query.ts'

/**
 * The second plan of refining: all lines of an epoch at once, put in order by a window function. For engines
 * that have no memory to run short of, and for whoever computes an epoch again.
 */

/**
 * Query: of `lines`, those that count their event: the first receipt of each that is not in `before`, a
 * relation with `event_source` and `event_id` (undefined: nothing was counted before).
 */
export function countedLines(
  { identifier }: Pick<RefiningDialect, 'identifier'>,
  lines: Query,
  columns: readonly string[],
  before: Query | string | undefined,
): Query {
  const isNew =
    before === undefined
      ? ''
      : query` AND NOT EXISTS (
  SELECT 1 FROM ${before} AS b WHERE b.event_source = p.event_source AND b.event_id = p.event_id)`
  return query`WITH lines AS (
${lines}
), placed AS (
  SELECT *, row_number() OVER (PARTITION BY event_source, event_id ORDER BY receipt) AS place FROM lines
)
SELECT ${columns.map(identifier).join(', ')} FROM placed AS p
WHERE place = 1${isNew}`
}

/** Relation of the events that earlier epochs have counted; undefined where there are none. */
export function countedBefore(dialect: RefiningDialect, relations: readonly Relation[]): Query | undefined {
  if (relations.length === 0) return undefined
  // One by one: those of other epochs may have other columns.
  const ids = relations.map(
    relation => query`SELECT event_source, event_id FROM ${dialect.scan([relation])} AS s`,
  )
  return query`(${join(ids, '\nUNION ALL\n')})`
}

/** Query: how many `lines` raw data has, and how many of them were delivered before (`redelivered`). */
export function deliveredLines(dialect: RefiningDialect, contract: Contract, raw: Relation): Query {
  const leaves = [{ field: contract.fields[0]!, alias: 'f0' }]
  return query`SELECT coalesce(sum(n), 0) AS lines, coalesce(sum(n - 1), 0) AS redelivered FROM (
  SELECT count(*) AS n FROM ${dialect.raw(raw, { leaves, presence: [] })} AS r
  GROUP BY event_source, event_id, receipt) AS d`
}
