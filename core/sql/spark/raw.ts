import type { Field } from '../../data/fields.ts'
import { TributaryError } from '../../errors.ts'
import type { Dialect, RawShape, Sql } from '../dialect.ts'
import { structOf } from '../struct.ts'
import { typedLeaf } from '../whole-epoch/typed-leaf.ts'

/**
 * Relation of the raw lines of files, whose events were checked for their fields.
 *
 * Each leaf is read as the text that the line has of it, and cast to its kind then: what Spark reads as a
 * number by itself ends at a fraction of a whole number. A free field is the whole line
 * (core/sql/whole-epoch/as-stored.ts). Lines that cannot be read fail.
 */
export function rawSql(files: Sql, { text }: Pick<Dialect, 'text'>, shape: RawShape): Sql {
  if (shape.isUnchecked === true)
    throw new TributaryError(
      'invalid_setting',
      'Spark reads only events that were checked for their fields; raise TRIBUTARY_LARGEST_EPOCH for this one',
    )
  const { leaves, presence } = shape
  const fields = leaves.map(({ field }) => field)
  const parsed = [
    `${read(text, structOf(fields, TEXTS))} AS e`,
    ...(presence.length === 0 ? [] : [`from_json(value, ${text('data STRING')}).data AS j`]),
  ]
  const columns = [
    ...leaves.map(({ field, alias }) => `${typedLeaf(at(text, field), field, 'value')} AS ${alias}`),
    ...presence.map(({ field, alias }) => `${isThere(text, field)} AS ${alias}`),
  ]
  return `(SELECT e.tbreceipt AS receipt, e.tbtime AS event_ms, e.tbpartition AS event_partition,
      e.id AS event_id, e.source AS event_source, ${columns.join(', ')}
    FROM (SELECT value, ${parsed.join(', ')} FROM ${files} AS l WHERE value <> '') AS r)`
}

/** What of a line is read, with its data as the given type. */
function read(text: Dialect['text'], data: string): Sql {
  const schema = `tbreceipt STRING, tbtime BIGINT, tbpartition INT, id STRING, source STRING, data ${data}`
  return `from_json(value, ${text(schema)}, map('mode', 'FAILFAST'))`
}

/** A leaf of what was read. By text, as statements are cut at quotes within names. */
function at(text: Dialect['text'], { path }: Field): Sql {
  return `e.data${path.map(key => `[${text(key)}]`).join('')}`
}

/** Whether the event has the field: what is around it is an object that has the key. */
function isThere(text: Dialect['text'], { path }: Field): Sql {
  const object = (json: Sql) => `from_json(${json}, ${text('MAP<STRING, STRING>')})`
  const around = path
    .slice(0, -1)
    .reduce((json, key) => `try_element_at(${object(json)}, ${text(key)})`, 'j' as Sql)
  return `coalesce(map_contains_key(${object(around)}, ${text(path.at(-1)!)}), FALSE)`
}

const node = (children: readonly (readonly [string, string])[]) =>
  `STRUCT<${children.map(([key, type]) => `\`${key.replaceAll('`', '``')}\`: ${type}`).join(', ')}>`
const TEXTS = { leaf: () => 'STRING', node }
