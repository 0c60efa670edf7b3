import { DECIMAL_DIGITS } from '../../data/decimal.ts'
import type { FieldKind } from '../../data/fields.ts'
import type { StoredType } from '../../declare/changes/stored-type.ts'
import type { Recast } from '../../lake/relation.ts'
import type { Sql } from '../dialect.ts'
import { decimal } from './decimal.ts'
import { identifier, text } from './names.ts'

const KINDS: Readonly<Record<string, FieldKind>> = {
  VARCHAR: 'string',
  JSON: 'json',
  BIGINT: 'integer',
  DOUBLE: 'number',
  BOOLEAN: 'boolean',
  TIMESTAMP: 'instant',
  'TIMESTAMP WITH TIME ZONE': 'instant',
}

/** What a column holds, of DuckDB's name for its type; undefined of a type that refining never writes. */
export function storedType(columnType: string): StoredType | undefined {
  const decimals = /^DECIMAL\(\d+,(\d+)\)$/.exec(columnType)
  if (decimals !== null) return { kind: 'number', scale: Number(decimals[1]) }
  const kind = KINDS[columnType]
  return kind === undefined ? undefined : { kind, scale: kind === 'integer' ? 0 : undefined }
}

/** Columns of older files as what their fields are now, each under its own name. */
export function recastColumns(recast: readonly Recast[]): Sql {
  return recast
    .map(({ field, from }) => `${recastColumn(field, from)} AS ${identifier(field.column)}`)
    .join(', ')
}

function recastColumn({ column, name, scale }: Recast['field'], from: StoredType): Sql {
  const value = identifier(column)
  if (scale === undefined) return `CAST(${value} AS DOUBLE)`
  const cast = from.scale === undefined ? decimal(value, scale) : `CAST(${value} AS DECIMAL(18, ${scale}))`
  // The field without quotes, and not the number: messages are told without values
  // (core/data/without-values.ts).
  const problem = `field ${name} holds a number that 18 digits, ${scale} of them decimal places, cannot hold; declare fewer decimal places`
  const refused = `error(${text(problem)})`
  return `CASE WHEN abs(${value}) >= 1e${DECIMAL_DIGITS - scale}::DOUBLE THEN ${refused} ELSE ${cast} END`
}
