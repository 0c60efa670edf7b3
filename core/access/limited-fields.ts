import type { Field } from '../data/fields.ts'
import { type Access, isAmong, readableTypes } from './access.ts'

/** What rows of a table are kept to: the texts that one of its columns may have. */
export type ColumnLimit = { readonly column: string; readonly texts: readonly string[] }

type Named = Pick<Field, 'name' | 'column' | 'kind'>

/**
 * The conditions that keep rows with these fields to what a caller may see of a type; none where it may see
 * all of them. Whatever is made of single events or of groups asks this first.
 *
 * Undefined: nothing may be shown, as its type may not be read, or as what it is limited to is no field here,
 * or none whose values have one text each (a null, a decimal number, an instant).
 */
export function limitsOf(
  type: string,
  fields: readonly Named[],
  access: Access,
): readonly ColumnLimit[] | undefined {
  if (!isAmong(type, readableTypes(access))) return undefined
  const limits: ColumnLimit[] = []
  for (const [name, values] of Object.entries(access.where ?? {})) {
    const field = fields.find(one => one.name === name)
    if (field === undefined || !values.every(value => isOf(field, value))) return undefined
    limits.push({ column: field.column, texts: values.map(String) })
  }
  return limits
}

function isOf({ kind }: Named, value: string | number | boolean | null): boolean {
  if (kind === 'integer') return Number.isSafeInteger(value)
  return (kind === 'string' || kind === 'boolean') && typeof value === kind
}
