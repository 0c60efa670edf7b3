import { TributaryError } from '../errors.ts'
import type { Relation } from '../lake/relation.ts'
import type { Sql } from './dialect.ts'
import type { Query } from './query.ts'

/** Spellings that more than one engine has. */

/** The relation, as the engine names it, that has the rows of relations of one kind. */
export type Tables = (relations: readonly Relation[]) => Sql

/** How an engine with tables reads relations. */
export function scanOf(tables: Tables): (relations: readonly Relation[]) => Query {
  return relations => ({ sql: tables(relations), reads: relations })
}

/** A quoted identifier of the SQL standard. */
export function doubleQuoted(name: string): Sql {
  return `"${name.replaceAll('"', '""')}"`
}

/** A text literal of the SQL standard: a backslash is a character like any other. */
export function singleQuoted(value: string): Sql {
  return `'${value.replaceAll("'", "''")}'`
}

/** A text that an engine without U+0000 can store. */
export function withoutNul(engine: string, value: string): string {
  if (!value.includes('\0')) return value
  throw new TributaryError(
    'invalid_setting',
    `${engine} has no text with U+0000, and a filter asks for one; take the U+0000 out of it, or another engine`,
  )
}

/** 10^n in digits. */
export function powerOfTen(n: number): string {
  return `1${'0'.repeat(n)}`
}

const SHORT_ESCAPES: ReadonlyMap<number, string> = new Map([
  [8, '\\b'],
  [9, '\\t'],
  [10, '\\n'],
  [12, '\\f'],
  [13, '\\r'],
])

/** How JSON.stringify writes a control character. */
export function jsonEscape(code: number): string {
  return SHORT_ESCAPES.get(code) ?? `\\u${code.toString(16).padStart(4, '0')}`
}

/** Codes of the control characters that have an escape of one letter. */
export const SHORTLY_ESCAPED = [...SHORT_ESCAPES.keys()]
