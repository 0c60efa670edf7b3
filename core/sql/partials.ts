import type { Metric } from '../declare/metric-plan.ts'
import type { Relation } from '../lake/relation.ts'
import { GROUP_COLUMN, WINDOW_COLUMN } from './aggregate.ts'
import type { Dialect, Sql } from './dialect.ts'
import { type Query, query } from './query.ts'

const KEYS = [WINDOW_COLUMN, GROUP_COLUMN]

/** Says of a row of `partialsUnder` whether its key has a partial: all cells of one may be null. */
export const PRESENT_COLUMN = '__present'

/** Query: partials in order of window, then group. */
export function orderedPartials(dialect: Dialect, metric: Metric, partials: readonly Relation[]): Query {
  const [window, group] = KEYS.map(dialect.identifier)
  const order = `${window}, ${dialect.bytewise(group!)}`
  return query`SELECT ${columns(dialect, metric, 'p')} FROM ${dialect.scan(partials)} AS p ORDER BY ${order}`
}

/** Query: partials in whatever order they are stored. */
export function allPartials(dialect: Dialect, metric: Metric, partials: readonly Relation[]): Query {
  return query`SELECT ${columns(dialect, metric, 'p')} FROM ${dialect.scan(partials)} AS p`
}

/** Query: the keys of partials and the generation they are written as. */
export function keysOf(dialect: Dialect, partials: readonly Relation[]): Query {
  return query`SELECT ${KEYS.map(dialect.identifier).join(', ')} FROM ${dialect.scan(partials)} AS p`
}

/** Query: keys whose partial differs between two versions of an epoch; either may be missing. */
export function changedKeys(
  dialect: Dialect,
  metric: Metric,
  before: Relation | undefined,
  after: Relation | undefined,
): Query {
  if (before === undefined || after === undefined) {
    const only = before ?? after
    return only === undefined ? emptyKeys(dialect) : keysOf(dialect, [only])
  }
  const key = (side: string, name: string) => `${side}.${dialect.identifier(name)}`
  const either = KEYS.map(
    name => `coalesce(${key('a', name)}, ${key('b', name)}) AS ${dialect.identifier(name)}`,
  )
  const equal = metric.cells.map(({ name }) => same(key('a', name), key('b', name)))
  const joined = KEYS.map(name => `${key('a', name)} = ${key('b', name)}`)
  return query`SELECT ${either.join(', ')} FROM ${dialect.scan([before])} AS a
FULL JOIN ${dialect.scan([after])} AS b ON ${joined.join(' AND ')}
WHERE ${KEYS.map(name => `${key('a', name)} IS NULL OR ${key('b', name)} IS NULL`).join(' OR ')} OR NOT (${equal.join(' AND ')})`
}

/**
 * Query: every partial under the given keys (a relation of `window` and `group`), in order of key; a key
 * without a partial comes once, with `PRESENT_COLUMN` false.
 */
export function partialsUnder(
  dialect: Dialect,
  metric: Metric,
  keys: Relation,
  partials: readonly Relation[],
): Query {
  const all = KEYS.map(name => `k.${dialect.identifier(name)}`)
  const none = metric.cells.map(({ name }) => `NULL AS ${dialect.identifier(name)}`)
  if (partials.length === 0)
    return query`SELECT ${[...all, ...none].join(', ')}, FALSE AS ${dialect.identifier(PRESENT_COLUMN)} FROM ${dialect.scan([keys])} AS k`
  const cells = metric.cells.map(({ name }) => `p.${dialect.identifier(name)}`)
  const joined = KEYS.map(name => `k.${dialect.identifier(name)} = p.${dialect.identifier(name)}`)
  const present = `p.${dialect.identifier(GROUP_COLUMN)} IS NOT NULL AS ${dialect.identifier(PRESENT_COLUMN)}`
  return query`SELECT ${[...all, ...cells, present].join(', ')} FROM ${dialect.scan([keys])} AS k
LEFT JOIN ${dialect.scan(partials)} AS p ON ${joined.join(' AND ')} ORDER BY ${all[0]!}, ${dialect.bytewise(all[1]!)}`
}

/** True where both are equal or both null, else false. */
function same(a: Sql, b: Sql): Sql {
  return `CASE WHEN ${a} IS NULL THEN ${b} IS NULL ELSE coalesce(${a} = ${b}, FALSE) END`
}

function emptyKeys(dialect: Dialect): Query {
  return query`SELECT 0 AS ${dialect.identifier(WINDOW_COLUMN)}, '' AS ${dialect.identifier(GROUP_COLUMN)} WHERE FALSE`
}

function columns(dialect: Dialect, { cells }: Metric, alias: string): Sql {
  return [...KEYS, ...cells.map(cell => cell.name)]
    .map(name => `${alias}.${dialect.identifier(name)}`)
    .join(', ')
}
