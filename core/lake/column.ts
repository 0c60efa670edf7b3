import type { Field } from '../data/fields.ts'

export type ColumnType = 'text' | 'bigint' | 'decimal' | 'double' | 'boolean' | 'timestamp' | 'json'

export type Column = {
  readonly name: string
  readonly type: ColumnType
  /** Decimal places, of a `decimal` column: DECIMAL(precision, scale). */
  readonly scale?: number
  /** Digits in all, of a `decimal` column; 18 where not given, at most 38. */
  readonly precision?: number
  readonly description: string
  /** No row lacks it, whichever version of its contract the row is of. */
  readonly isRequired?: boolean
}

/** Type of the column that holds a field's values. */
export function columnTypeOf({ kind, scale }: Field): Pick<Column, 'type' | 'scale'> {
  if (kind !== 'number') return { type: COLUMN_TYPE[kind] }
  return scale === undefined ? { type: 'double' } : { type: 'decimal', scale }
}

const COLUMN_TYPE = {
  string: 'text',
  instant: 'timestamp',
  integer: 'bigint',
  boolean: 'boolean',
  json: 'json',
} as const
