import type { Relation } from '../lake/relation.ts'

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
