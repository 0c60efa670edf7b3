import type { Field } from '../data/fields.ts'
import type { Dialect, Sql } from './dialect.ts'

/** An instant as the event wrote it: groups and distinct values take the text. */
export function textColumn(field: Field): string {
  return `${field.column}__text`
}

/** The curated column that holds a field's values as the event wrote them. */
export function writtenColumn(dialect: Dialect, field: Field): Sql {
  return dialect.identifier(field.kind === 'instant' ? textColumn(field) : field.column)
}

/** Canonical JSON of a value of that column (core/data/group.ts). NULL of NULL. */
export function fieldJson(dialect: Dialect, field: Field, value: Sql): Sql {
  const isText = field.kind === 'string' || field.kind === 'instant'
  return isText ? dialect.jsonText(value) : fieldText(dialect, field, value)
}

/** Text of a value of that column: numbers as shortest decimals, booleans as true and false. NULL of NULL. */
export function fieldText(dialect: Dialect, { kind, scale }: Field, value: Sql): Sql {
  if (kind === 'number') return dialect.shortText(value, scale!)
  if (kind === 'integer') return dialect.asText(value)
  if (kind === 'boolean') return `CASE WHEN ${value} THEN 'true' WHEN NOT ${value} THEN 'false' END`
  return value
}
