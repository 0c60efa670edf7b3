import { DECIMAL_DIGITS } from '../../data/decimal.ts'
import type { Field } from '../../data/fields.ts'
import { pointerTo } from '../../json/json-pointer.ts'
import { FORMATS } from '../../schema/formats.ts'
import { type RawShape, type Sql, UNREAD } from '../dialect.ts'
import { structOf } from '../struct.ts'
import { identifier, text } from './names.ts'
import { envelope } from './raw.ts'

/**
 * Relation of raw lines that nobody has checked for what their fields are declared as now. A typed reader
 * would convert: "12" to 12, 5.6 to 6, true to 1. Here each leaf is read as the JSON it is, and is NULL where
 * it cannot be read as its field (core/data/readable.ts has the same table of cases). It takes some
 * four times as long as a typed reader, so it is only for lines that may be older than a declaration.
 *
 * Leaves of one kind are read as a list, by one expression: the engine keeps a vector for every part of every
 * expression, which for a contract of 1,500 fields, each with its own, was more than its memory.
 */
export function uncheckedSql(files: Sql, { leaves, presence }: RawShape): Sql {
  const fields = [...new Set([...leaves, ...presence].map(({ field }) => field))]
  const struct = structOf(fields, {
    leaf: () => '"JSON"',
    node: children => `{${children.map(([key, type]) => `${JSON.stringify(key)}:${type}`).join(',')}}`,
  })
  const lists = listsOf(fields)
  const columns = [
    ...leaves.map(({ field, alias }) => `${placeOf(lists, field, 'r')} AS ${alias}`),
    ...presence.map(({ field, alias }) => `${isThere(lists, field)} AS ${alias}`),
    `${firstUnread(lists, fields)} AS ${UNREAD}`,
  ]
  const sent = lists.map((all, k) => `[${all.map(leafOf).join(', ')}] AS t${k}`)
  const read = lists.map(([field], k) => `list_transform(t${k}, lambda x: ${readable(field!, 'x')}) AS r${k}`)
  return `(SELECT receipt, event_ms, event_partition, event_id, event_source, ${columns.join(', ')}
    FROM (SELECT *, ${read.join(', ')} FROM (SELECT *, ${sent.join(', ')}
      FROM (${envelope(files, `json_transform(data, ${text(struct)}) AS d, data AS j`, "'JSON'")}))))`
}

/** Fields in lists of those that are read alike: what is sent of the k-th is `t<k>`, what is read `r<k>`. */
type Lists = readonly (readonly Field[])[]

function listsOf(fields: readonly Field[]): Lists {
  return [...Map.groupBy(fields, field => readable(field, 'x')).values()]
}

/** A field's element of what is sent, or of what is read. */
function placeOf(lists: Lists, field: Field, of: 't' | 'r'): Sql {
  const k = lists.findIndex(list => list.includes(field))
  return `${of}${k}[${lists[k]!.indexOf(field) + 1}]`
}

/** The JSON of a leaf: NULL where it is missing, null, or below something that is no object. */
const leafOf = ({ path }: Field): Sql => `d.${path.map(identifier).join('.')}`

/** What is read of a leaf's JSON. Missing and null are NULL alike. */
function readable(field: Field, json: Sql): Sql {
  const type = `json_type(${json})`
  const double = `TRY_CAST(${json} AS DOUBLE)`
  const string = `json_extract_string(${json}, '$')`
  switch (field.kind) {
    case 'string':
      return `CASE WHEN ${type} = 'VARCHAR' THEN ${string} END`
    case 'instant':
      return `CASE WHEN ${type} = 'VARCHAR' AND ${isInstant(string)} THEN ${string} END`
    case 'integer': {
      const isWhole = `${double} = trunc(${double}) AND abs(${double}) <= ${Number.MAX_SAFE_INTEGER}`
      return `CASE WHEN ${type} IN (${NUMBERS}) AND ${isWhole} THEN ${double}::BIGINT END`
    }
    case 'number':
      return `CASE WHEN ${type} IN (${NUMBERS}) AND abs(${double}) < ${limitOf(field)} THEN ${double} END`
    case 'boolean':
      return `CASE WHEN ${type} = 'BOOLEAN' THEN ${json}::BOOLEAN END`
    case 'json':
      return json
  }
}

const NUMBERS = `'UBIGINT', 'BIGINT', 'UHUGEINT', 'HUGEINT', 'DOUBLE'`

function limitOf({ scale }: Field): Sql {
  return scale === undefined ? `'Infinity'::DOUBLE` : `1e${DECIMAL_DIGITS - scale}::DOUBLE`
}

/**
 * The cast takes more than RFC 3339 (a day, no zone, 24:00), and less than its form allows (30 February).
 */
function isInstant(value: Sql): Sql {
  const ms = `epoch_ms(TRY_CAST(upper(${value}) AS TIMESTAMPTZ))`
  const isShort = `length(${value}) <= ${FORMATS['date-time']}`
  const isInRange = `coalesce(${ms} BETWEEN ${FIRST_MS} AND ${LAST_MS}, FALSE)`
  return `${isShort} AND regexp_full_match(${value}, ${text(RFC3339)}) AND ${isInRange}`
}

const RFC3339 =
  String.raw`\d{4}-\d\d-\d\d[Tt]([01]\d|2[0-3])(:[0-5]\d){2}(\.\d+)?` +
  String.raw`([Zz]|[+-]([01]\d|2[0-3]):[0-5]\d)`
const FIRST_MS = Date.parse('0001-01-01T00:00:00Z')
const LAST_MS = Date.parse('9999-12-31T23:59:59.999Z')

/** Whether the event has the field, as null or as something that can be read. */
function isThere(lists: Lists, field: Field): Sql {
  const isRead = `(${placeOf(lists, field, 't')} IS NULL OR ${placeOf(lists, field, 'r')} IS NOT NULL)`
  // A pointer counts the items of a list, which has no fields.
  const around = parentsOf(field).map(path => `json_type(j, ${text(pointerTo(path))}) = 'OBJECT'`)
  const all = [`json_exists(j, ${text(pointerTo(field.path))})`, ...around, isRead]
  return `coalesce(${all.join(' AND ')}, FALSE)`
}

function parentsOf({ path }: Field): readonly (readonly string[])[] {
  return path.slice(1).map((_, i) => path.slice(0, i + 1))
}

/** Name of the first field, or object around one, that has something which is not read; NULL: none. */
function firstUnread(lists: Lists, fields: readonly Field[]): Sql {
  const parents = new Map(fields.flatMap(parentsOf).map(path => [path.join('.'), path]))
  const cases = [...parents].map(([name, path]) => {
    const type = `json_type(j, ${text(pointerTo(path))})`
    return `WHEN ${type} NOT IN ('OBJECT', 'NULL') THEN ${text(name)}`
  })
  const ofLeaves = `[${fields.map(({ name }) => text(name)).join(', ')}][least(${lists.map(firstOfList(fields)).join(', ')}, NULL)]`
  return cases.length === 0 ? ofLeaves : `CASE ${cases.join(' ')} ELSE ${ofLeaves} END`
}

/** Place among all fields of the first of a list that has something which is not read; NULL: none. */
function firstOfList(fields: readonly Field[]) {
  return (list: readonly Field[], k: number): Sql => {
    const isUnread = `x IS NOT NULL AND (${readable(list[0]!, 'x')}) IS NULL`
    const at = `list_position(list_transform(t${k}, lambda x: ${isUnread}), TRUE)`
    return `[${list.map(field => fields.indexOf(field) + 1).join(', ')}][${at}]`
  }
}
