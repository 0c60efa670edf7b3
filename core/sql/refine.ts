import type { Field } from '../data/fields.ts'
import type { Contract } from '../declare/pipeline.ts'
import { RECEIPT_MS_DIGITS } from '../event/receipt.ts'
import type { Relation } from '../lake/relation.ts'
import { EVENT_HASH, EVENT_PARTITION, type Helpers, LANE_COLUMN, laneSql, presenceColumn } from './curated.ts'
import type { Dialect, RawShape, Sql } from './dialect.ts'
import { type Query, query } from './query.ts'
import { textColumn } from './values.ts'

/** Separates source and id in what is hashed: ids and sources are text without control characters in practice. */
const SEPARATOR = '\u001f'

/** Query: raw lines of one epoch as typed, curated rows, duplicates still among them. */
export function typedRows(dialect: Dialect, contract: Contract, helpers: Helpers, raw: Relation): Query {
  const { identifier } = dialect
  const shape: RawShape = {
    leaves: contract.fields.map((field, i) => ({ field, alias: `f${i}` })),
    presence: helpers.presence.map((field, i) => ({ field, alias: `p${i}` })),
  }
  const texts = helpers.texts.map(field => {
    const leaf = shape.leaves.find(({ field: { name } }) => name === field.name)!
    return `${leaf.alias} AS ${identifier(textColumn(field))}`
  })
  const columns = [
    'event_id',
    'event_source',
    `${dialect.instantOfMs('event_ms')} AS event_time`,
    `${dialect.instantOfMs(dialect.asInteger(`substr(receipt, 1, ${RECEIPT_MS_DIGITS})`))} AS received_at`,
    'receipt',
    `${dialect.instantOfMs(String(raw.epoch))} AS epoch`,
    ...shape.leaves.map(
      ({ field, alias }) => `${typed(dialect, field, alias)} AS ${identifier(field.column)}`,
    ),
    ...shape.presence.map(({ field, alias }) => `${alias} AS ${identifier(presenceColumn(field))}`),
    ...texts,
    `${dialect.hash64(`event_source || ${dialect.text(SEPARATOR)} || event_id`)} AS ${EVENT_HASH}`,
    EVENT_PARTITION,
  ]
  return query`SELECT ${columns.join(',\n  ')}\nFROM ${dialect.raw(raw, shape)} AS r`
}

function typed(dialect: Dialect, { kind, scale }: Field, value: Sql): Sql {
  if (kind === 'instant') return dialect.instant(value)
  if (kind === 'number' && scale !== undefined) return dialect.decimal(value, scale)
  return value
}

/**
 * Query: rows of the parts that must go because an earlier receipt of the same event is in them: `__part`, `__row`, and
 * `redelivered` where that very receipt is there twice. Only events whose hash occurs twice are looked at in full.
 */
export function repeatedRows(dialect: Dialect, parts: Relation): Query {
  const identity = 'event_source, event_id'
  return query`SELECT __part, __row, again > 1 AS redelivered
FROM (
  SELECT __part, __row,
    row_number() OVER (PARTITION BY ${identity} ORDER BY receipt, __part, __row) AS place,
    row_number() OVER (PARTITION BY ${identity}, receipt ORDER BY __part, __row) AS again
  FROM ${dialect.scanPlaced(parts)} AS p
  WHERE ${EVENT_HASH} IN (
    SELECT ${EVENT_HASH} FROM ${dialect.scan([parts])} AS h GROUP BY ${EVENT_HASH} HAVING count(*) > 1
  )
) AS ranked
WHERE place > 1`
}

/** Query: hashes of the parts that earlier epochs hold too; usually none. */
export function sharedHashes(dialect: Dialect, parts: Relation, earlier: readonly Relation[]): Query {
  return query`SELECT DISTINCT ${EVENT_HASH} FROM ${dialect.scan([parts])} AS p
WHERE ${EVENT_HASH} IN (SELECT ${EVENT_HASH} FROM ${dialect.scan(earlier)} AS e)`
}

/** Query: rows of the parts whose event an earlier epoch has counted. `shared` is a relation of `sharedHashes`. */
export function countedEarlier(
  dialect: Dialect,
  parts: Relation,
  earlier: readonly Relation[],
  shared: Sql,
): Query {
  return query`SELECT p.__part, p.__row
FROM ${dialect.scanPlaced(parts)} AS p
JOIN (
  SELECT DISTINCT event_source, event_id FROM ${dialect.scan(earlier)} AS e
  WHERE ${EVENT_HASH} IN (SELECT ${EVENT_HASH} FROM ${shared})
) AS counted ON counted.event_source = p.event_source AND counted.event_id = p.event_id
WHERE p.${EVENT_HASH} IN (SELECT ${EVENT_HASH} FROM ${shared})`
}

/** Query: a relation of one part without the rows of `dropped` (a relation of `__part` and `__row`). */
export function withoutDropped(
  dialect: Dialect,
  part: Relation,
  columns: readonly string[],
  dropped: Sql,
): Query {
  return query`SELECT ${columns.map(dialect.identifier).join(', ')} FROM ${dialect.scanPlaced(part)} AS p
WHERE __row NOT IN (SELECT __row FROM ${dropped} WHERE __part = ${dialect.text(part.parts[0]!)})`
}

/** Query: events received by each of so many lanes, `lane` and `received`. */
export function receivedByLane(dialect: Dialect, contract: Contract, raw: Relation, lanes: number): Query {
  const shape: RawShape = { leaves: [{ field: contract.fields[0]!, alias: 'f0' }], presence: [] }
  const lane = laneSql(lanes)
  return query`SELECT ${lane} AS ${LANE_COLUMN}, count(DISTINCT receipt) AS received FROM ${dialect.raw(raw, shape)} AS r
GROUP BY ${lane}`
}

/** Query: events counted of each of so many lanes, `lane` and `counted`. */
export function countedByLane(dialect: Dialect, parts: Relation, lanes: number): Query {
  const lane = laneSql(lanes)
  return query`SELECT ${lane} AS ${LANE_COLUMN}, count(*) AS counted FROM ${dialect.scan([parts])} AS p GROUP BY ${lane}`
}
