import type { Field } from '../data/fields.ts'
import type { Contract } from '../declare/pipeline.ts'
import { ESCAPE, JOINT } from '../event/event.ts'
import { RECEIPT_MS_DIGITS } from '../event/receipt.ts'
import type { Relation } from '../lake/relation.ts'
import { EVENT_HASH, EVENT_PARTITION, type Helpers, LANE_COLUMN, laneSql, presenceColumn } from './curated.ts'
import { type LakeDialect, type RawShape, type RefiningDialect, type Sql, UNREAD } from './dialect.ts'
import { type Query, query } from './query.ts'
import { textColumn } from './values.ts'

/**
 * Query: raw lines of one epoch as typed, curated rows, duplicates still among them.
 *
 * @param isUnchecked whether events may be older than what their fields are declared as; there is a column
 * `UNREAD` then
 */
export function typedRows(
  dialect: RefiningDialect,
  contract: Contract,
  helpers: Helpers,
  raw: Relation,
  isUnchecked = false,
): Query {
  const { identifier } = dialect
  const shape: RawShape = {
    leaves: contract.fields.map((field, i) => ({ field, alias: `f${i}` })),
    presence: helpers.presence.map((field, i) => ({ field, alias: `p${i}` })),
    isUnchecked,
  }
  const texts = helpers.texts.map(field => {
    const leaf = shape.leaves.find(({ field: { name } }) => name === field.name)!
    return `${leaf.alias} AS ${identifier(textColumn(field))}`
  })
  const columns = [
    'event_id',
    'event_source',
    `${dialect.instantOfMs('event_ms')} AS event_time`,
    `${dialect.instantOfMs(`CAST(substr(receipt, 1, ${RECEIPT_MS_DIGITS}) AS BIGINT)`)} AS received_at`,
    'receipt',
    `${dialect.instantOfMs(String(raw.epoch))} AS epoch`,
    ...shape.leaves.map(
      ({ field, alias }) => `${typed(dialect, field, alias)} AS ${identifier(field.column)}`,
    ),
    ...shape.presence.map(({ field, alias }) => `${alias} AS ${identifier(presenceColumn(field))}`),
    ...texts,
    `${dialect.hash64(identitySql(dialect))} AS ${EVENT_HASH}`,
    EVENT_PARTITION,
    ...(isUnchecked ? [UNREAD] : []),
  ]
  return query`SELECT ${columns.join(',\n  ')}\nFROM ${dialect.raw(raw, shape)} AS r`
}

/**
 * Source and id as one text, no two pairs alike: the part of `markerKey` that tells events of a type apart.
 */
function identitySql({ text }: RefiningDialect): Sql {
  const escaped = `replace(event_source, ${text(ESCAPE)}, ${text(`${ESCAPE}0`)})`
  return `replace(${escaped}, ${text(JOINT)}, ${text(`${ESCAPE}1`)}) || ${text(JOINT)} || event_id`
}

function typed(dialect: RefiningDialect, { kind, scale }: Field, value: Sql): Sql {
  if (kind === 'instant') return dialect.instant(value)
  // As text, which every reader of Parquet knows: some take a column that is marked as JSON for bytes.
  if (kind === 'json') return dialect.asText(value)
  if (kind === 'number' && scale !== undefined) return dialect.decimal(value, scale)
  return value
}

/**
 * Query: what unchecked lines in the relation `fresh` have that cannot be read: `field`, how many `events`,
 * and the `receipt` of the first of them.
 */
export function unreadFields(): Query {
  return query`SELECT ${UNREAD} AS field, count(*) AS events, min(receipt) AS receipt FROM fresh
WHERE ${UNREAD} IS NOT NULL GROUP BY ${UNREAD} ORDER BY ${UNREAD}`
}

/** Query: events received by each of so many lanes, `lane` and `received`. */
export function receivedByLane(
  dialect: LakeDialect,
  contract: Contract,
  raw: Relation,
  lanes: number,
): Query {
  const leaves = [{ field: contract.fields[0]!, alias: 'f0' }]
  // What a line is counted by are its attributes alone, whatever it has as its fields.
  const shape: RawShape = { leaves, presence: [], isUnchecked: true }
  const lane = laneSql(lanes)
  return query`SELECT ${lane} AS ${LANE_COLUMN}, count(DISTINCT receipt) AS received FROM ${dialect.raw(raw, shape)} AS r
GROUP BY ${lane}`
}

/** Query: events counted of each of so many lanes, `lane` and `counted`. */
export function countedByLane(dialect: LakeDialect, parts: Relation, lanes: number): Query {
  const lane = laneSql(lanes)
  return query`SELECT ${lane} AS ${LANE_COLUMN}, count(*) AS counted FROM ${dialect.scan([parts])} AS p GROUP BY ${lane}`
}
