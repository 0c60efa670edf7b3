import type { Contract } from '../../declare/pipeline.ts'
import type { Relation } from '../../lake/relation.ts'
import { EVENT_HASH } from '../curated.ts'
import type { LakeDialect, Sql } from '../dialect.ts'
import { type Query, query } from '../query.ts'

/**
 * What rows that an engine beside the process makes have otherwise than the lake, beside hashes with a sign,
 * and whole raw lines in place of free fields: of JSON, each engine writes a text of its own making.
 */
export type MadeForms = {
  /** Instants as such, or as integers: microseconds since 1970, where its files have no instants in UTC. */
  readonly instants: 'instants' | 'microseconds'
}

/** Columns that are instants, whatever a contract declares. */
const INSTANTS: ReadonlySet<string> = new Set(['event_time', 'received_at', 'epoch'])

/** Query: curated rows that another engine has made, as the lake's own would have. */
export function storedRows(
  dialect: LakeDialect,
  { fields }: Pick<Contract, 'fields'>,
  forms: MadeForms,
  made: Relation,
  columns: readonly string[],
): Query {
  const declared = new Map(fields.map(field => [field.column, field]))
  const stored = (column: string, value: Sql): Sql => {
    const field = declared.get(column)
    // The same 64 bits, without a sign.
    if (column === EVENT_HASH) return dialect.hashOfSigned(value)
    if (field?.kind === 'json') return dialect.jsonOfLine(value, field.path)
    const isInstant = field?.kind === 'instant' || INSTANTS.has(column)
    return isInstant && forms.instants === 'microseconds' ? dialect.instantOfMicroseconds(value) : value
  }
  return namedAsAsked(dialect, made, columns, stored)
}

/** Query: columns under names as they are asked for: an engine may have made small letters of large ones. */
export function namedAsAsked(
  dialect: LakeDialect,
  made: Relation,
  columns: readonly string[],
  stored: (column: string, value: Sql) => Sql = (_, value) => value,
): Query {
  const named = columns.map(column => {
    const name = dialect.identifier(column)
    return `${stored(column, name)} AS ${name}`
  })
  return query`SELECT ${named.join(', ')} FROM ${dialect.scan([made])} AS r`
}
