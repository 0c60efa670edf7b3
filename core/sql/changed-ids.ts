import type { Relation } from '../lake/relation.ts'
import { COUNTED_IN, type CountedIds, datedIds, hasIds, IDENTITY } from './counted-ids.ts'
import type { Dialect } from './dialect.ts'
import { type Query, query } from './query.ts'

/** Which events an epoch counts, before and after it was refined again. */
export type Recount = { readonly before: Relation; readonly after: Relation }

/** Query: events that only one of them counts, with `is_new` true for those that only the new one does. */
export function changedIds(dialect: Dialect, { before, after }: Recount): Query {
  const [old, fresh] = [before, after].map(rows => identities(dialect, rows))
  return query`SELECT ${IDENTITY}, TRUE AS is_new FROM (${fresh!} EXCEPT ${old!}) AS n
UNION ALL SELECT ${IDENTITY}, FALSE AS is_new FROM (${old!} EXCEPT ${fresh!}) AS o`
}

function identities(dialect: Dialect, rows: Relation): Query {
  if (rows.parts.length > 0) return query`SELECT ${IDENTITY} FROM ${dialect.scan([rows])} AS r`
  return query`SELECT ${dialect.hash64(`''`)} AS event_hash, '' AS event_source, '' AS event_id WHERE FALSE`
}

/** Query: epochs that count an event which is new in `changed`, a relation of `changedIds`. */
export function epochsThatCount(dialect: Dialect, later: CountedIds, changed: string): Query {
  return query`SELECT DISTINCT ${COUNTED_IN} FROM (${datedIds(dialect, later)}) AS d
JOIN ${changed} AS c ON c.is_new AND ${sameEvent('d', 'c')}`
}

/**
 * Query: one row, the first epoch's start in ms, as `counted_in`, of those that have counted an event which
 * `changed` has as gone; NULL where some event of these is counted by no earlier epoch, or none is gone.
 */
export function firstCounterOfGone(dialect: Dialect, earlier: CountedIds, changed: string): Query {
  const gone = `(SELECT * FROM ${changed} WHERE NOT is_new)`
  if (!hasIds(earlier)) return query`SELECT NULL AS ${COUNTED_IN}`
  return query`SELECT CASE WHEN count(*) = count(d.${COUNTED_IN}) THEN min(d.${COUNTED_IN}) END AS ${COUNTED_IN}
FROM ${gone} AS c LEFT JOIN (${datedIds(dialect, earlier)}) AS d ON ${sameEvent('d', 'c')}`
}

function sameEvent(a: string, b: string): string {
  return ['event_hash', 'event_source', 'event_id']
    .map(column => `${a}.${column} = ${b}.${column}`)
    .join(' AND ')
}
