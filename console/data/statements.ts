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
  const newest = table.schema === 'metric' ? 'window_start' : 'received_at'
  return `FROM ${fullName(table)}\nORDER BY ${newest} DESC\nLIMIT 100`
}

/** Statements to begin with, of a type that there is. */
export function examplesOf(tables: readonly LakeTable[]) {
  const curated = tables.find(({ schema }) => schema === 'curated')
  if (curated === undefined) return undefined
  const { name } = curated
  return {
    look: looking(curated),
    days: `SELECT date_trunc('day', event_time) AS day, count(*) AS events\nFROM curated.${name}\nGROUP BY day ORDER BY day`,
    twice: `SELECT event_source, event_id, count(*) AS times\nFROM raw.${name}\nGROUP BY ALL HAVING times > 1\nORDER BY times DESC LIMIT 100`,
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
