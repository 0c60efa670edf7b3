import type { Relation } from '../lake/relation.ts'
import type { Sql } from './dialect.ts'

/**
 * A relation or a statement: its text, and what it reads. An engine sees to it that what is read is there;
 * nobody looks for names in the text. (An expression over columns reads nothing by itself, so it is plain
 * text: `Sql`.)
 */
export type Query = { readonly sql: string; readonly reads: readonly Relation[] }

/**
 * Composes a query: texts and numbers stand as they are, queries bring what they read.
 *
 * @example
 * query`SELECT count(*) AS n FROM ${dialect.scan(curated)} AS c WHERE ${condition}`
 */
export function query(texts: TemplateStringsArray, ...values: readonly (Query | string | number)[]): Query {
  return {
    sql: String.raw({ raw: texts }, ...values.map(value => (typeof value === 'object' ? value.sql : value))),
    reads: [...new Set(values.flatMap(value => (typeof value === 'object' ? value.reads : [])))],
  }
}

/** Queries and texts, one after the other. */
export function join(parts: readonly (Query | string)[], separator: string): Query {
  return {
    sql: parts.map(part => (typeof part === 'object' ? part.sql : part)).join(separator),
    reads: [...new Set(parts.flatMap(part => (typeof part === 'object' ? part.reads : [])))],
  }
}

/** A query under the name by which those after it read it. */
export type Named = { readonly name: string; readonly query: Query }

/** A statement over named parts, each of which may read those before it. */
export function withNamed(parts: readonly Named[], body: Query): Query {
  if (parts.length === 0) return body
  return query`WITH ${join(
    parts.map(({ name, query: part }) => query`${name} AS (\n${part})`),
    ',\n',
  )}\n${body}`
}

/** `SELECT` of columns, a line each. */
export function selectOf(columns: readonly Sql[]): Sql {
  return `SELECT ${columns.join(',\n  ')}`
}
