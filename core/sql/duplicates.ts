import type { Relation } from '../lake/relation.ts'
import { type CountedIds, countedIds } from './counted-ids.ts'
import { EVENT_HASH } from './curated.ts'
import type { LakeDialect, Sql } from './dialect.ts'
import { join, type Query, query } from './query.ts'

/**
 * Queries that find the lines that count no event while an epoch is refined part by part. They read relations
 * of one session:
 *
 * - `fresh`: rows of the part in hand, duplicates still among them;
 * - `suspects`: hashes that occur twice in `fresh`, or in `fresh` and in an earlier part; only their events
 * are looked at in full;
 * - `ranked`: every line known of a suspect event, of this part and of those before it;
 * - `gone`: rows that have to leave parts written before, by `event_hash` and `receipt`.
 *
 * A line is known by its receipt: every receipt of an event has its own, and a line that the transport
 * delivers again has the same.
 */

const IDENTITY = 'event_source, event_id'

/** Where a ranked line is: in an earlier part, left out of one, or in the part in hand. */
const [IN_PART, LEFT_OUT, FRESH] = [0, 1, 2]

/** Parts written before, and the lines that they left out; either may have no parts. */
export type PartsBefore = { readonly parts: Relation; readonly leftOut: Relation }

/** Query: `suspects`. */
export function suspects(dialect: LakeDialect, { parts }: PartsBefore): Query {
  const twice = query`SELECT ${EVENT_HASH} FROM fresh GROUP BY ${EVENT_HASH} HAVING count(*) > 1`
  if (parts.parts.length === 0) return twice
  return query`${twice}
UNION SELECT ${EVENT_HASH} FROM ${dialect.scan([parts])} AS p WHERE ${EVENT_HASH} IN (SELECT ${EVENT_HASH} FROM fresh)`
}

/**
 * Query: `ranked`, with `place` 1 for the line that counts its event, the one of the first receipt, and
 * `again` over 1 for a line that was delivered before.
 */
export function ranked(dialect: LakeDialect, { parts, leftOut }: PartsBefore): Query {
  const lines = [
    linesOf('fresh', FRESH),
    ...(parts.parts.length > 0 ? [linesOf(dialect.scan([parts]), IN_PART)] : []),
    ...(leftOut.parts.length > 0 ? [linesOf(dialect.scan([leftOut]), LEFT_OUT)] : []),
  ]
  return query`SELECT *,
  row_number() OVER (PARTITION BY ${IDENTITY} ORDER BY receipt, origin) AS place,
  row_number() OVER (PARTITION BY ${IDENTITY}, receipt ORDER BY origin) AS again
FROM (${join(lines, '\nUNION ALL\n')}) AS l`
}

function linesOf(relation: Query | Sql, origin: number): Query {
  return query`SELECT ${EVENT_HASH}, ${IDENTITY}, receipt, ${origin} AS origin FROM ${relation} AS r
WHERE ${EVENT_HASH} IN (SELECT ${EVENT_HASH} FROM suspects)`
}

/** Query: the rows of `fresh` that count an event. */
export function countedRows(dialect: LakeDialect, columns: readonly string[]): Query {
  const all = columns.map(dialect.identifier).join(', ')
  return query`SELECT ${all} FROM fresh AS f WHERE NOT EXISTS (SELECT 1 FROM suspects AS s WHERE s.${EVENT_HASH} = f.${EVENT_HASH})
UNION ALL
SELECT ${all} FROM (
  SELECT *, row_number() OVER (PARTITION BY ${IDENTITY}, receipt ORDER BY ${EVENT_HASH}) AS copy FROM fresh
  WHERE ${EVENT_HASH} IN (SELECT ${EVENT_HASH} FROM suspects)
) AS f
WHERE copy = 1 AND EXISTS (
  SELECT 1 FROM ranked AS r WHERE r.origin = ${FRESH} AND r.place = 1
    AND r.event_source = f.event_source AND r.event_id = f.event_id AND r.receipt = f.receipt)`
}

/**
 * Query: lines that count no event: those of the part in hand, and rows of earlier parts whose event has an
 * earlier receipt in it (`displaced`).
 */
export function leftOut(): Query {
  return query`SELECT ${EVENT_HASH}, ${IDENTITY}, receipt, origin = ${IN_PART} AS displaced FROM ranked
WHERE place > 1 AND origin <> ${LEFT_OUT}`
}

/** Query: how many lines `fresh` has, how many of them are left out, and how many were delivered before. */
export function lineCounts(): Query {
  return query`SELECT (SELECT count(*) FROM fresh) AS lines,
  (SELECT count(*) FROM ranked WHERE origin = ${FRESH} AND place > 1) AS dropped,
  (SELECT count(*) FROM ranked WHERE origin = ${FRESH} AND again > 1) AS redelivered,
  (SELECT count(*) FROM ranked WHERE origin = ${IN_PART} AND place > 1) AS displaced`
}

/** Query: rows displaced by a later part, as `gone`. */
export function displaced(dialect: LakeDialect, leftOut: Relation): Query {
  if (leftOut.parts.length === 0)
    return query`SELECT ${dialect.hash64(`''`)} AS ${EVENT_HASH}, '' AS receipt WHERE FALSE`
  return query`SELECT DISTINCT ${EVENT_HASH}, receipt FROM ${dialect.scan([leftOut])} AS l WHERE displaced`
}

/** Query: hashes of the parts that earlier epochs hold too; usually none. */
export function sharedHashes(dialect: LakeDialect, parts: Relation, earlier: CountedIds): Query {
  return query`SELECT DISTINCT ${EVENT_HASH} FROM ${countedIds(dialect, earlier)} AS e
WHERE ${EVENT_HASH} IN (SELECT ${EVENT_HASH} FROM ${dialect.scan([parts])} AS p)`
}

/**
 * Query: rows of the parts whose event an earlier epoch has counted, as `gone`. `shared` is a relation of
 * `sharedHashes`.
 */
export function countedEarlier(
  dialect: LakeDialect,
  parts: Relation,
  earlier: CountedIds,
  shared: Sql,
): Query {
  return query`SELECT p.${EVENT_HASH}, p.receipt
FROM ${dialect.scan([parts])} AS p
JOIN (
  SELECT DISTINCT ${IDENTITY} FROM ${countedIds(dialect, earlier)} AS e
  WHERE ${EVENT_HASH} IN (SELECT ${EVENT_HASH} FROM ${shared})
) AS counted ON counted.event_source = p.event_source AND counted.event_id = p.event_id
WHERE p.${EVENT_HASH} IN (SELECT ${EVENT_HASH} FROM ${shared})`
}

/**
 * Query: how many rows each part has, as `part` and `n`, that are in `gone`; parts without one are left out.
 */
export function partsWithGone(dialect: LakeDialect, parts: Relation): Query {
  return query`SELECT __part AS part, count(*) AS n FROM ${dialect.scanPlaced(parts)} AS p WHERE ${isGone('p')} GROUP BY __part`
}

/** Query: a part without the rows of `gone`. */
export function withoutGone(dialect: LakeDialect, part: Relation, columns: readonly string[]): Query {
  return query`SELECT ${columns.map(dialect.identifier).join(', ')} FROM ${dialect.scan([part])} AS p WHERE NOT ${isGone('p')}`
}

function isGone(row: string): Sql {
  return `EXISTS (SELECT 1 FROM gone AS g WHERE g.${EVENT_HASH} = ${row}.${EVENT_HASH} AND g.receipt = ${row}.receipt)`
}
