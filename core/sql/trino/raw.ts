import { TributaryError } from '../../errors.ts'
import type { Dialect, RawShape, Sql } from '../dialect.ts'
import { typedLeaf } from '../whole-epoch/typed-leaf.ts'

/** Column of the tables of raw lines, one line a row. */
export const LINE = 'line'

/**
 * Relation of the raw lines of a table, whose events were checked for their fields.
 *
 * Each leaf is the text that the line has of it, and is cast to its kind then. A line that is no JSON fails:
 * unasked, what is looked for in it would be null. A free field is the whole line, as every text that this
 * engine writes of JSON is one of its own making.
 */
export function rawSql(lines: Sql, { text }: Pick<Dialect, 'text'>, shape: RawShape): Sql {
  if (shape.isUnchecked === true)
    throw new TributaryError(
      'invalid_setting',
      'Athena reads only events that were checked for their fields; raise TRIBUTARY_LARGEST_EPOCH for this one',
    )
  const at = (...path: readonly string[]) => `json_extract_scalar(${LINE}, ${text(pathOf(path))})`
  const columns = [
    ...shape.leaves.map(
      ({ field, alias }) => `${typedLeaf(at('data', ...field.path), field, LINE)} AS ${alias}`,
    ),
    ...shape.presence.map(
      ({ field, alias }) =>
        `(json_extract(${LINE}, ${text(pathOf(['data', ...field.path]))}) IS NOT NULL) AS ${alias}`,
    ),
  ]
  return `(SELECT CASE WHEN json_parse(${LINE}) IS NOT NULL THEN ${at('tbreceipt')} END AS receipt,
      CAST(${at('tbtime')} AS BIGINT) AS event_ms, CAST(${at('tbpartition')} AS INTEGER) AS event_partition,
      ${at('id')} AS event_id, ${at('source')} AS event_source, ${columns.join(', ')}
    FROM ${lines} AS l WHERE ${LINE} <> '')`
}

/** Path of Trino's JSON functions: each key in quotes. */
function pathOf(keys: readonly string[]): string {
  return `$${keys.map(key => `["${key.replaceAll(/["\\]/g, '\\$&')}"]`).join('')}`
}
