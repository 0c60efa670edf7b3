import { TributaryError } from '../../../core/errors.ts'
import type { TableMark } from '../../../core/ports/warehouse.ts'
import { literal, quoted } from './ddl.ts'
import type { Reader } from './grants.ts'

/** Whose schema it is, and its name. */
export type SchemaOwner = {
  readonly schema: string
  /** Id of the platform. */
  readonly platform: string
  /** Who may read its tables; undefined: nobody is given anything. */
  readonly reader?: Reader
}

/** As on PostgreSQL: the platform's tables, and how far they are. No declaration can bear this name. */
export const MARKS = 'tributary-tables'

export const qualified = ({ schema }: Pick<SchemaOwner, 'schema'>, name: string) =>
  `${quoted(schema)}.${quoted(name)}`

/** Makes the schema and its marks where there are none. */
export function makeMarks(owner: SchemaOwner): readonly string[] {
  const columns = 'relation VARCHAR(127), platform VARCHAR(256), identity VARCHAR(65535), through BIGINT'
  const schema = owner.schema === 'public' ? [] : [`CREATE SCHEMA IF NOT EXISTS ${quoted(owner.schema)}`]
  return [...schema, `CREATE TABLE IF NOT EXISTS ${qualified(owner, MARKS)} (${columns}) DISTSTYLE AUTO`]
}

export function selectMarks(owner: SchemaOwner): string {
  return `SELECT relation, platform, identity, through::VARCHAR FROM ${qualified(owner, MARKS)}`
}

/** Query: every column of the schema, and how it is described. */
export function selectColumns({ schema }: SchemaOwner): string {
  return `SELECT table_name::VARCHAR, column_name::VARCHAR, remarks::VARCHAR FROM svv_columns WHERE table_schema = ${literal(schema)}`
}

/** Whether a version without marks has described a column so: its table is known by that. */
export const isDescribedByUs = (column: string, remarks: string) =>
  (column === 'receipt' && remarks === 'Receipt id') ||
  (column === 'group_key' && remarks.startsWith('Canonical group: '))

/** Statements that mark a table. */
export function writeMark(owner: SchemaOwner, { relation, identity, through }: TableMark): string[] {
  const values = [literal(relation), literal(owner.platform), literal(identity), String(through)]
  return [
    removeMark(owner, relation),
    `INSERT INTO ${qualified(owner, MARKS)} (relation, platform, identity, through) VALUES (${values.join(', ')})`,
  ]
}

export function removeMark(owner: SchemaOwner, relation: string): string {
  return `DELETE FROM ${qualified(owner, MARKS)} WHERE relation = ${literal(relation)}`
}

/** @throws TributaryError `conflict` where a mark is another platform's */
export function requireOwn(owner: SchemaOwner, rows: readonly (readonly string[])[]): void {
  const other = rows.find(([, platform]) => platform !== owner.platform)
  if (other === undefined) return
  throw new TributaryError(
    'conflict',
    `warehouse: schema "${owner.schema}" belongs to platform ${other[1]}, and this is ${owner.platform}; ` +
      'give this one a database of its own',
  )
}

/** The name of a table is taken by something without a mark. */
export function notOurs({ schema }: SchemaOwner, relation: string): TributaryError {
  return new TributaryError(
    'conflict',
    `warehouse: ${schema}.${relation} is not this platform's and is left as it is; rename it, or what is declared under that name`,
  )
}
