import type { Metric } from '../../declare/metric-plan.ts'
import type { Contract } from '../../declare/pipeline.ts'
import type { CellOf } from '../../explain/cell.ts'
import type { Relation } from '../../lake/relation.ts'
import { COUNTED_IN, type CountedIds, datedIds, hasIds, IDENTITY } from '../counted-ids.ts'
import { columnsOf, EVENT_HASH, EVENT_PARTITION, fieldsRead, helpersOf } from '../curated.ts'
import type { LakeDialect } from '../dialect.ts'
import { join, type Query, query } from '../query.ts'
import { typedRows } from '../refine.ts'
import { EPOCH_MS, isOfCell } from './cell-rows.ts'

/**
 * Queries over raw lines that nobody has refined, or that refining has dropped. They read relations of one
 * session:
 *
 * - `lines`: every line of some epochs: whose it is, and the typed columns of those that are of the cell
 *   (`is_cell`);
 * - `known`: of these, lines of events of which one line at least is of the cell, each receipt once;
 * - `dropped`: lines of `known` that count no event, with the receipt and the epoch that count it instead.
 */

/** Raw objects of one epoch. `isUnchecked`: as `typedRows` takes it. */
export type RawEpoch = { readonly raw: Relation & { readonly epoch: number }; readonly isUnchecked: boolean }

const LINEAGE = ['event_id', 'event_source', 'receipt', EVENT_HASH, EVENT_PARTITION] as const

/** Columns that `lines` has of a line of the cell alone. */
function columnsOfCell(metric: Metric): readonly string[] {
  return ['event_time', 'epoch', ...columnsOf(metric)]
}

/** Query: `lines` of one epoch, object by object. */
export function linesOf(
  dialect: LakeDialect,
  contract: Contract,
  metric: Metric,
  cell: CellOf,
  { raw, isUnchecked }: RawEpoch,
): Query {
  const read = fieldsRead(metric)
  // At least one: a reader of no field is none.
  const narrow: Contract = { ...contract, fields: read.length > 0 ? read : contract.fields.slice(0, 1) }
  const own = columnsOfCell(metric).map(name => {
    const column = dialect.identifier(name)
    return `CASE WHEN is_cell THEN ${column} END AS ${column}`
  })
  const selects = raw.parts.map(part => {
    const typed = typedRows(dialect, narrow, helpersOf([metric]), { ...raw, parts: [part] }, isUnchecked)
    return query`SELECT ${[...LINEAGE, ...own].join(', ')}, ${raw.epoch} AS ${EPOCH_MS}, ${dialect.text(part)} AS part, is_cell
FROM (SELECT *, ${isOfCell(dialect, metric, cell)} AS is_cell FROM (${typed}) AS t) AS m`
  })
  return join(selects, '\nUNION ALL\n')
}

/** Query: `known`. A line that the transport delivered again has the receipt of the first one. */
export function knownLines(): Query {
  return query`SELECT * EXCLUDE (copy) FROM (
  SELECT *, row_number() OVER (PARTITION BY ${IDENTITY}, receipt ORDER BY part) AS copy FROM lines
  WHERE ${EVENT_HASH} IN (SELECT ${EVENT_HASH} FROM lines WHERE is_cell)
) AS l WHERE copy = 1`
}

/** Query: epochs before that have counted events of `known`: `event_source`, `event_id`, `counted_in`. */
export function countedBefore(dialect: LakeDialect, earlier: CountedIds): Query | undefined {
  if (!hasIds(earlier)) return undefined
  return query`SELECT d.event_source, d.event_id, d.${COUNTED_IN} FROM (${datedIds(dialect, earlier)}) AS d
WHERE d.${EVENT_HASH} IN (SELECT ${EVENT_HASH} FROM known)`
}

/**
 * Query: lines of `known` in some epochs that have to be put in order, as their event has several or was
 * counted before: in the order of receipts.
 */
export function unsettledLines(epochs: readonly number[], hasEarlier: boolean): Query {
  const before = hasEarlier
    ? ` OR EXISTS (SELECT 1 FROM earlier AS e WHERE e.event_source = k.event_source AND e.event_id = k.event_id)`
    : ''
  return query`SELECT event_source, event_id, receipt, ${EPOCH_MS} AS epoch FROM (
  SELECT *, count(*) OVER (PARTITION BY event_source, event_id) AS n FROM known WHERE ${EPOCH_MS} IN (${epochs.join(', ')})
) AS k WHERE n > 1${before} ORDER BY receipt`
}

/** Query: lines of the cell that count their event, in epochs that nobody has refined. */
export function countedOfCell(epochs: readonly number[]): Query {
  return query`SELECT * FROM known WHERE is_cell AND ${EPOCH_MS} IN (${epochs.length === 0 ? 'NULL' : epochs.join(', ')})
  AND receipt NOT IN (SELECT receipt FROM dropped)`
}

/**
 * Query: lines of the cell in refined epochs that are not among the curated rows of the cell (`kept`, by
 * `receipt`).
 */
export function droppedByRefining(epochs: readonly number[]): Query {
  return query`SELECT event_source, event_id, receipt, ${EPOCH_MS} AS epoch FROM known
WHERE is_cell AND ${EPOCH_MS} IN (${epochs.length === 0 ? 'NULL' : epochs.join(', ')})
  AND receipt NOT IN (SELECT receipt FROM kept)`
}

/** Query: duplicates of the cell, with what is known of them. */
export function duplicatesOfCell(dialect: LakeDialect): Query {
  return query`SELECT d.*, ${dialect.msOfInstant('k.event_time')} AS event_ms, k.part FROM dropped AS d
JOIN known AS k ON k.receipt = d.receipt AND k.is_cell`
}

/**
 * Query: receipts that count events of which the cell has duplicates: curated rows, and lines of unrefined
 * epochs that `dropped` names. `is_cell`: whether the cell counts that receipt.
 */
export function winnersAmong(
  dialect: LakeDialect,
  metric: Metric,
  cell: CellOf,
  curated: readonly Relation[],
): Query {
  const named = query`SELECT k.event_source, k.event_id, k.receipt, k.${EPOCH_MS} AS epoch, k.is_cell FROM known AS k
WHERE k.receipt IN (SELECT won_receipt FROM dropped)`
  if (curated.length === 0) return named
  return query`${named}
UNION SELECT event_source, event_id, receipt, ${dialect.msOfInstant('epoch')} AS epoch, ${isOfCell(dialect, metric, cell)} AS is_cell
FROM ${dialect.scan(curated)} AS c WHERE ${EVENT_HASH} IN (
  SELECT k.${EVENT_HASH} FROM known AS k JOIN dropped AS d ON d.receipt = k.receipt WHERE k.is_cell)`
}
