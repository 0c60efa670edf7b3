import type { Sql } from '../dialect.ts'

/** A quoted identifier. */
export function identifier(name: string): Sql {
  return `"${name.replaceAll('"', '""')}"`
}

/** A text literal. A NUL ends a statement's text, so it is spelled out. */
export function text(value: string): Sql {
  const quoted = (part: string) => `'${part.replaceAll("'", "''")}'`
  if (!value.includes('\0')) return quoted(value)
  return `(${value.split('\0').map(quoted).join(' || chr(0) || ')})`
}
