import type { Relation } from '../lake/relation.ts'
import { EVENT_HASH } from './curated.ts'
import type { Dialect } from './dialect.ts'
import { join, type Query, query } from './query.ts'

/** What a slice keeps of an event that an epoch has counted, beside the epoch. */
export const IDENTITY = `${EVENT_HASH}, event_source, event_id`

/** Column of slices: start of the epoch that counted the event, ms. */
export const COUNTED_IN = 'counted_in'

/** Where the ids are that some epochs have counted. */
export type CountedIds = {
  /** Curated rows, an epoch a relation. */
  readonly rows: readonly Relation[]
  /** Slices, of many epochs each. */
  readonly slices: readonly Relation[]
}

export const hasIds = ({ rows, slices }: CountedIds): boolean => rows.length + slices.length > 0

/** Query: the counted events, as `event_hash`, `event_source` and `event_id`. */
export function countedIds(dialect: Dialect, { rows, slices }: CountedIds): Query {
  const scans = [rows, slices].filter(relations => relations.length > 0)
  const all = scans.map(relations => query`SELECT ${IDENTITY} FROM ${dialect.scan(relations)} AS s`)
  return query`(${join(all, '\nUNION ALL\n')})`
}

/** Query: the counted events with the epoch that counted each: what a slice is. */
export function datedIds(dialect: Dialect, { rows, slices }: CountedIds): Query {
  const dated = [
    ...rows.map(
      row => query`SELECT ${IDENTITY}, ${row.epoch} AS ${COUNTED_IN} FROM ${dialect.scan([row])} AS s`,
    ),
    ...(slices.length === 0
      ? []
      : [query`SELECT ${IDENTITY}, ${COUNTED_IN} FROM ${dialect.scan(slices)} AS s`]),
  ]
  return join(dated, '\nUNION ALL\n')
}

/** Query: `datedIds` in the order of hashes, so that an engine can pass over what it does not look for. */
export function sliceRows(dialect: Dialect, ids: CountedIds): Query {
  return query`SELECT * FROM (${datedIds(dialect, ids)}) AS d ORDER BY ${EVENT_HASH}`
}
