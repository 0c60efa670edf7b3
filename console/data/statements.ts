import type { LakeTables } from './api.ts'

export type LakeTable = LakeTables['tables'][number]

export const fullName = ({ schema, name }: LakeTable): string => `${schema}.${name}`

/** Tables of which the name, or a column, has what is looked for. */
export function tablesWith(tables: readonly LakeTable[], text: string): readonly LakeTable[] {
  const wanted = text.trim().toLowerCase()
  if (wanted === '') return tables
  return tables.filter(
    table =>
      fullName(table).toLowerCase().includes(wanted) ||
      table.columns.some(({ name }) => name.toLowerCase().includes(wanted)),
  )
}

/** A statement that shows what is in a table, the newest first. */
export function looking(table: LakeTable): string {
  if (table.schema === 'model') return `FROM ${fullName(table)}\nLIMIT 100`
  const newest = table.schema === 'metric' ? 'window_start' : 'received_at'
  return `FROM ${fullName(table)}\nORDER BY ${newest} DESC\nLIMIT 100`
}

/** More would be a long statement to read. */
const MOST_TYPES = 8

/** Statements to begin with, over all types: whatever comes in, they have something to show. */
export function examplesOf(tables: readonly LakeTable[]) {
  const names = tables
    .flatMap(({ schema, name }) => (schema === 'curated' ? [name] : []))
    .slice(0, MOST_TYPES)
  if (names.length === 0) return undefined
  const all = (one: (name: string) => string) => names.map(one).join('\nUNION ALL ')
  return {
    types: all(
      name => `SELECT '${name}' AS type, count(*) AS events, max(event_time) AS newest FROM curated.${name}`,
    ),
    days: `SELECT type, date_trunc('day', event_time) AS day, count(*) AS events FROM (\n${all(
      name => `SELECT '${name}' AS type, event_time FROM curated.${name}`,
    )}\n) GROUP BY ALL ORDER BY day DESC, type`,
    twice: `SELECT type, event_source, event_id, count(*) AS times FROM (\n${all(
      name => `SELECT '${name}' AS type, event_source, event_id FROM raw.${name}`,
    )}\n) GROUP BY ALL HAVING times > 1 ORDER BY times DESC LIMIT 100`,
  } as const
}

const NUMBER = /^(?:U?(?:TINY|SMALL|BIG|HUGE)?INT(?:EGER)?|DECIMAL|DOUBLE|FLOAT)/

/** Whether values of a type of DuckDB are numbers. */
export const isNumber = (type: string): boolean => NUMBER.test(type) && !type.endsWith('[]')

/** A value of an answer as text; null has none. */
export function valueText(value: unknown): string | undefined {
  if (value === null || value === undefined) return undefined
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}
