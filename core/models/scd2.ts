import type { Dialect, Sql } from '../sql/dialect.ts'
import { type Query, query } from '../sql/query.ts'
import { typeSql } from './engine-words.ts'
import { comparable } from './functions.ts'
import type { ValueType } from './tree.ts'

/** Which columns of observations make a history. */
export type Observed = {
  readonly key: readonly string[]
  readonly validFrom: string
  /** Decides between observations of one key and instant: the greatest counts. */
  readonly latestBy: { readonly name: string; readonly type: ValueType }
  /** Boolean column: it is gone since then. */
  readonly deleted: string | undefined
  /** The other columns: a row is as long as all of them stay the same. */
  readonly state: readonly string[]
}

/** Columns that a history has beside its key and state. */
export const HISTORY_COLUMNS = ['valid_from', 'valid_to', 'is_current'] as const

/**
 * A history of observations (slowly changing dimension, type 2): a row for each time that something stayed
 * the same, from `valid_from` up to, and without, `valid_to`. It depends on what was observed and when, not
 * on the order in which it came; what was observed as gone has no row from then on.
 */
export function historyOf(dialect: Dialect, observations: Query, observed: Observed): Query {
  const { identifier: name } = dialect
  const { key, validFrom, latestBy, deleted, state } = observed
  const latest = comparable(dialect, { sql: name(latestBy.name), type: latestBy.type })
  const keys = key.map(name).join(', ')
  const since = name(validFrom)
  const gone = deleted === undefined ? 'FALSE' : `coalesce(${name(deleted)}, FALSE)`
  const kept = [...key, ...state].map(name)
  const before = (column: string) => name(`before_${column}`)
  const lags = state.map(each => `lag(${name(each)}) OVER w AS ${before(each)}`)
  const same = state.map(each => isSame(name(each), before(each)))
  const flag = typeSql(dialect, { type: 'boolean' })
  return query`SELECT ${kept.join(', ')}, tb_since AS valid_from, tb_until AS valid_to,
  CAST(tb_until IS NULL AS ${flag}) AS is_current
FROM (SELECT ${kept.join(', ')}, tb_since, tb_gone,
    lead(tb_since) OVER (PARTITION BY ${keys} ORDER BY tb_since) AS tb_until
  FROM (SELECT ${[...kept, ...lags].join(', ')}, tb_since, tb_gone, lag(tb_gone) OVER w AS tb_gone_before
    FROM (SELECT ${kept.join(', ')}, ${since} AS tb_since, ${gone} AS tb_gone, row_number() OVER (
        PARTITION BY ${keys}, ${since} ORDER BY ${latest} DESC NULLS LAST) AS tb_number
      FROM (${observations}) AS tb_observed WHERE ${since} IS NOT NULL) AS tb_numbered
    WHERE tb_number = 1
    WINDOW w AS (PARTITION BY ${keys} ORDER BY tb_since)) AS tb_compared
  WHERE tb_gone_before IS NULL OR tb_gone <> tb_gone_before
    OR NOT tb_gone AND NOT (${same.length === 0 ? 'TRUE' : same.join(' AND ')})) AS tb_changes
WHERE NOT tb_gone`
}

/** Nulls are the same as nulls. Without IS DISTINCT FROM, which not every engine has. */
const isSame = (a: Sql, b: Sql): Sql => `coalesce(${a} = ${b}, ${a} IS NULL AND ${b} IS NULL)`
