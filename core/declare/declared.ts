import type { Field } from '../data/fields.ts'
import { TributaryError } from '../errors.ts'

/** A declaration with the file it came from, for error messages. */
export type Declared<T> = { readonly file: string; readonly declaration: T }

/**
 * A field that a declaration names.
 *
 * @throws TributaryError `invalid_declaration` with the fields there are
 */
export function requireField(file: string, fields: readonly Field[], name: string, use: string): Field {
  const field = fields.find(f => f.name === name)
  if (field !== undefined) return field
  fail(
    file,
    `${use} names "${name}", which the contract does not have`,
    `use one of ${fields.map(f => f.name).join(', ')}`,
  )
}

/** @throws TributaryError `invalid_declaration`: the file, what is wrong in it, and what would be right */
export function fail(file: string, problem: string, remedy: string): never {
  throw new TributaryError('invalid_declaration', `${file}: ${problem}; ${remedy}`)
}
