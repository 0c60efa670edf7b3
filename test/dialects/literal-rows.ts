import type { Dialect } from '../../core/sql/dialect.ts'
import type { Curated } from '../contracts/dialect.ts'

/** How an engine writes what no dialect needs: types of columns, and an instant. */
export type TableSyntax = {
  /** What DuckDB's VARCHAR, DOUBLE and TIMESTAMP WITH TIME ZONE are called; others are alike everywhere. */
  readonly types: Readonly<Record<string, string>>
  instantOfMs(ms: string): string
}

/** Statements that make a table of curated rows, each of some of the rows. */
export function tableStatements(
  dialect: Dialect,
  table: string,
  { columns, rows }: Curated,
  { types, instantOfMs }: TableSyntax,
): readonly string[] {
  const typeOf = (type: string) => (type === 'UBIGINT' ? 'DECIMAL(20, 0)' : (types[type] ?? type))
  const value = (text: string | null, type: string) => {
    if (text === null) return 'NULL'
    if (type === 'VARCHAR') return dialect.text(text)
    if (type === 'TIMESTAMP WITH TIME ZONE') return instantOfMs(text)
    return type === 'BOOLEAN' ? text : `CAST('${text}' AS ${typeOf(type)})`
  }
  const made = columns.map(({ name, type }) => `${dialect.identifier(name)} ${typeOf(type)}`).join(', ')
  const tuples = rows.map(row => `(${row.map((each, i) => value(each, columns[i]!.type)).join(', ')})`)
  const statements = [`CREATE TABLE ${table} (${made})`]
  for (let i = 0; i < tuples.length; i += CHUNK)
    statements.push(`INSERT INTO ${table} VALUES ${tuples.slice(i, i + CHUNK).join(', ')}`)
  return statements
}

/** Rows of an INSERT: Trino takes a statement of a million characters. */
const CHUNK = 300
