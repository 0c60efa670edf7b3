import type { Field } from '../../data/fields.ts'
import type { Relation } from '../../lake/relation.ts'
import { COUNTED_IN, type CountedIds, datedIds, hasIds } from '../counted-ids.ts'
import type { Helpers } from '../curated.ts'
import type { LakeDialect, RawShape, Sql } from '../dialect.ts'
import { shownField } from '../explain/cell-rows.ts'
import { join, type Query, query } from '../query.ts'

/** Statements that look single events up, whatever metrics there are. */

const LINEAGE = 'event_id, event_source, receipt, event_partition'

/** Query: curated rows of an id, with the object that each is in. */
export function curatedOfId(dialect: LakeDialect, curated: Relation, id: string): Query {
  return query`SELECT ${LINEAGE}, ${dialect.msOfInstant('event_time')} AS event_ms,
  ${dialect.msOfInstant('epoch')} AS epoch, __part AS part FROM ${dialect.scanPlaced(curated)} AS c
WHERE event_id = ${dialect.text(id)}`
}

/** Query: how many events each epoch has counted. */
export function countedByEpoch(dialect: LakeDialect, curated: Relation): Query {
  return query`SELECT ${dialect.msOfInstant('epoch')} AS epoch, count(*) AS n FROM ${dialect.scan([curated])} AS c GROUP BY 1`
}

/** Query: one curated row, its fields as canonical JSON under `f0`, `f1` … */
export function curatedRow(
  dialect: LakeDialect,
  curated: Relation,
  { texts }: Helpers,
  fields: readonly Field[],
  receipt: string,
): Query {
  const columns = fields.map((field, i) => `${shownField(dialect, field, texts)} AS f${i}`)
  return query`SELECT ${columns.join(', ')} FROM ${dialect.scan([curated])} AS c WHERE receipt = ${dialect.text(receipt)}`
}

/** Query: which of some receipts are among curated rows. */
export function countedReceipts(dialect: LakeDialect, curated: Relation, receipts: readonly string[]): Query {
  return query`SELECT receipt FROM ${dialect.scan([curated])} AS c WHERE receipt IN (${texts(dialect, receipts)})`
}

/** Query: every line of some ids in raw objects of one epoch. */
export function linesOfIds(dialect: LakeDialect, raw: Relation, field: Field, ids: readonly string[]): Query {
  // What a line is looked for by are its attributes alone, whatever it has as its fields.
  const shape: RawShape = { leaves: [{ field, alias: 'f0' }], presence: [], isUnchecked: true }
  return query`SELECT event_source, event_id, receipt FROM ${dialect.raw(raw, shape)} AS r
WHERE event_id IN (${texts(dialect, ids)})`
}

/** Query: which epochs have counted events of some ids; undefined where there are none. */
export function countingEpochs(
  dialect: LakeDialect,
  earlier: CountedIds,
  ids: readonly string[],
): Query | undefined {
  if (!hasIds(earlier)) return undefined
  return query`SELECT event_source, event_id, ${COUNTED_IN} FROM (${datedIds(dialect, earlier)}) AS d
WHERE event_id IN (${texts(dialect, ids)})`
}

export const unionAll = (queries: readonly Query[]): Query => join(queries, '\nUNION ALL\n')

const texts = (dialect: LakeDialect, values: readonly string[]): Sql => values.map(dialect.text).join(', ')
