import type { Field } from '../../data/fields.ts'
import type { Group } from '../../data/group.ts'
import type { CellPlan, Metric } from '../../declare/metric-plan.ts'
import { RECEIPT_MS_DIGITS } from '../../event/receipt.ts'
import { type CellOf, type FieldValues, valuesOfCell } from '../../explain/cell.ts'
import { aggregate } from '../aggregate.ts'
import { filterSql } from '../condition.ts'
import { fieldsRead, helpersOf, presenceColumn } from '../curated.ts'
import type { LakeDialect, Sql } from '../dialect.ts'
import { type Query, query } from '../query.ts'
import { fieldJson, textColumn, writtenColumn } from '../values.ts'

/** Column of the start of the epoch that an event was received in, ms. No field has such a name. */
export const EPOCH_MS = 'tbepoch'

/** Whether a row, typed as curated ones are, is of an event that a cell of the metric counts. Never null. */
export function isOfCell(dialect: LakeDialect, metric: Metric, cell: CellOf): Sql {
  const { from, to } = cell.windows
  const conditions = [
    `event_time >= ${dialect.instantOfMs(String(from))} AND event_time < ${dialect.instantOfMs(String(to))}`,
    ...valuesOfCell(metric, cell).map(one => hasValue(dialect, one)),
    filterSql(dialect, metric.filter) ?? [],
  ]
  return conditions.flat().join(' AND ')
}

function hasValue(dialect: LakeDialect, { field, values }: FieldValues): Sql {
  const present = values.filter(value => value !== undefined)
  const tests = [
    ...(present.length < values.length ? [isMissing(dialect, field)] : []),
    ...(present.length > 0 ? [isOneOf(dialect, field, present)] : []),
  ]
  return tests.length === 0 ? 'FALSE' : `(${tests.join(' OR ')})`
}

/** Groups have instants as they were written: two texts of one instant are two groups. */
function isOneOf(dialect: LakeDialect, field: Field, values: readonly Value[]): Sql {
  const among = (some: readonly Value[]) => filterSql(dialect, [{ field, condition: { in: some } }])!
  if (field.kind !== 'instant') return among(values)
  const texts = values.filter(value => typeof value === 'string').map(dialect.text)
  const isText = `coalesce(${dialect.identifier(textColumn(field))} IN (${texts.join(', ')}), FALSE)`
  const tests = [...(texts.length > 0 ? [isText] : []), ...(values.includes(null) ? [among([null])] : [])]
  return tests.length === 0 ? 'FALSE' : `(${tests.join(' OR ')})`
}

type Value = Group[string]

function isMissing({ identifier }: LakeDialect, field: Field): Sql {
  const isNull = `${identifier(field.column)} IS NULL`
  if (!field.nullable) return isNull
  return field.optional ? `(${isNull} AND NOT ${identifier(presenceColumn(field))})` : 'FALSE'
}

/** An epoch is one more field to group by. */
const EPOCH_FIELD: Field = {
  ...{ path: [EPOCH_MS], name: EPOCH_MS, column: EPOCH_MS, description: '', kind: 'integer' },
  ...{ nullable: false, optional: false, scale: 0 },
}
const EVENTS_CELL: CellPlan = { name: 'tbevents', kind: 'count', field: undefined }

/**
 * A metric whose group is the epoch alone and whose last cell is the count of events: over the events of one
 * cell it gives what each epoch has of it.
 */
export function byEpoch(metric: Metric): Metric {
  return {
    ...metric,
    by: [EPOCH_FIELD],
    cells: [...metric.cells, EVENTS_CELL],
    kinds: [...metric.kinds, EVENTS_CELL.kind],
  }
}

/**
 * Query: partials of `byEpoch(metric)` over rows of events of the cell, which have `EPOCH_MS`.
 *
 * @param dictionaries as `aggregate` takes them, of the metric's own cells
 */
export function cellsByEpoch(
  dialect: LakeDialect,
  metric: Metric,
  rows: Query,
  dictionaries: readonly boolean[],
): Query {
  const over = { ...dialect, scan: () => query`(${rows})` }
  return aggregate(over, byEpoch(metric), [], { sketches: 'counted', dictionaries })
}

/** Query: rows of curated data that a cell counts, with `EPOCH_MS`. */
export function curatedOfCell(dialect: LakeDialect, metric: Metric, cell: CellOf, curated: Query): Query {
  return query`SELECT *, ${dialect.msOfInstant('epoch')} AS ${EPOCH_MS} FROM ${curated} AS s
WHERE ${isOfCell(dialect, metric, cell)}`
}

/** Query: of some epochs, when the last of their `rows` was received, ms. */
export function lastReceived(rows: Query, epochs: readonly number[]): Query {
  const ms = `CAST(substr(max(receipt), 1, ${RECEIPT_MS_DIGITS}) AS BIGINT)`
  return query`SELECT ${EPOCH_MS} AS epoch, ${ms} AS last FROM (${rows}) AS r
WHERE ${EPOCH_MS} IN (${epochs.join(', ')}) GROUP BY ${EPOCH_MS}`
}

/** Which events of a cell are shown: those after a receipt, so many. */
export type EventPage = { readonly after: string | undefined; readonly limit: number }

/**
 * Query: events of `rows` (with `part`, the object that each is in), in the order in which they were
 * received. `f0`, `f1` … are the canonical JSON of the fields that the metric reads; NULL where the event
 * has none or null.
 */
export function eventsOfCell(
  dialect: LakeDialect,
  metric: Metric,
  rows: Query,
  { after, limit }: EventPage,
): Query {
  const { texts } = helpersOf([metric])
  const fields = fieldsRead(metric).map((field, i) => `${shownField(dialect, field, texts)} AS f${i}`)
  const columns = [
    ...['event_id', 'event_source', 'receipt', 'event_partition', 'part'],
    `${dialect.msOfInstant('event_time')} AS event_ms`,
    `${EPOCH_MS} AS epoch`,
    ...fields,
  ]
  const rest = after === undefined ? '' : ` WHERE receipt > ${dialect.text(after)}`
  return query`SELECT ${columns.join(', ')} FROM (${rows}) AS r${rest} ORDER BY receipt LIMIT ${limit}`
}

/** Canonical JSON of a field of a curated row. `texts`: instants that have a column of their text. */
export function shownField(dialect: LakeDialect, field: Field, texts: readonly Field[]): Sql {
  const column = writtenColumn(dialect, field)
  if (field.kind === 'instant')
    // One that a metric only filters by has no column of its text.
    return dialect.jsonText(texts.includes(field) ? column : dialect.asText(dialect.identifier(field.column)))
  return field.kind === 'number' && field.scale === undefined
    ? dialect.asText(column)
    : fieldJson(dialect, field, column)
}

/** Query: rows of one epoch's curated parts that a cell counts, each with its `part`. */
export function placedOfCell(dialect: LakeDialect, metric: Metric, cell: CellOf, placed: Query): Query {
  return query`SELECT *, __part AS part, ${dialect.msOfInstant('epoch')} AS ${EPOCH_MS} FROM ${placed} AS s
WHERE ${isOfCell(dialect, metric, cell)}`
}
