import { MAX_EVENT_SIZE } from '../../event/event.ts'
import { pointerTo } from '../../json/json-pointer.ts'
import type { RawShape, Sql } from '../dialect.ts'
import { structOf } from '../struct.ts'
import { identifier, text } from './names.ts'

/** Option of every reader: folders called `name=value` are not columns. */
export const AS_THEY_ARE = 'hive_partitioning = false'

/** An event of MAX_EVENT_SIZE UTF-16 units can take three bytes each; the rest is for the receipt. */
const MAX_LINE_BYTES = MAX_EVENT_SIZE * 3 + 4096

/**
 * Relation of the raw lines of files, whose events were checked for their fields.
 *
 * Typed columns read a missing key and null alike. Where the difference is asked for, the data is read as
 * JSON, tested, and then converted: dearer, so only then.
 */
export function rawSql(files: Sql, { leaves, presence }: RawShape): Sql {
  const struct = structOf(
    leaves.map(leaf => leaf.field),
    presence.length === 0 ? typedStruct : transformStruct,
  )
  const data = presence.length === 0 ? 'data' : `json_transform(data, ${text(struct)})`
  const type = presence.length === 0 ? text(struct) : `'JSON'`
  const leaf = ({ field, alias }: RawShape['leaves'][number]) =>
    `d.${field.path.map(identifier).join('.')} AS ${alias}`
  const present = ({ field, alias }: RawShape['presence'][number]) =>
    `json_exists(j, ${text(pointerTo(field.path))}) AS ${alias}`
  const columns = [...leaves.map(leaf), ...presence.map(present)].map(column => `, ${column}`).join('')
  const read = `${data} AS d${presence.length === 0 ? '' : ', data AS j'}`
  return `(SELECT receipt, event_ms, event_partition, event_id, event_source${columns}
    FROM (${envelope(files, read, type)}))`
}

/** The attributes of raw lines, and what is made of their data, read as a column of the given type. */
export function envelope(files: Sql, data: Sql, type: Sql, more = ''): Sql {
  return `SELECT tbreceipt AS receipt, tbtime AS event_ms, tbpartition AS event_partition, id AS event_id, source AS event_source,
            ${data}
          FROM read_json(${files}, format = 'newline_delimited', maximum_object_size = ${MAX_LINE_BYTES}, ${AS_THEY_ARE}${more},
            columns = {tbreceipt: 'VARCHAR', tbtime: 'BIGINT', tbpartition: 'INTEGER', id: 'VARCHAR', source: 'VARCHAR', data: ${type}})`
}

const LEAF_TYPE = {
  string: 'VARCHAR',
  instant: 'VARCHAR',
  integer: 'BIGINT',
  number: 'DOUBLE',
  boolean: 'BOOLEAN',
  json: 'JSON',
} as const

const typedStruct = {
  leaf: (kind: keyof typeof LEAF_TYPE) => LEAF_TYPE[kind],
  node: (children: readonly (readonly [string, string])[]) =>
    `STRUCT(${children.map(([key, type]) => `${identifier(key)} ${type}`).join(', ')})`,
}

const transformStruct = {
  leaf: (kind: keyof typeof LEAF_TYPE) => `"${LEAF_TYPE[kind]}"`,
  node: (children: readonly (readonly [string, string])[]) =>
    `{${children.map(([key, type]) => `${JSON.stringify(key)}:${type}`).join(',')}}`,
}
