import type { Sql } from '../dialect.ts'
import { singleQuoted } from '../spelling.ts'

export { doubleQuoted as identifier } from '../spelling.ts'

/** A text literal. A NUL ends a statement's text, so it is spelled out. */
export function text(value: string): Sql {
  if (!value.includes('\0')) return singleQuoted(value)
  return `(${value.split('\0').map(singleQuoted).join(' || chr(0) || ')})`
}
