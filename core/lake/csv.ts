import { hash } from 'node:crypto'
import { isNumberText, type NumberText } from '../json/json.ts'
import type { CsvTexts } from '../ports/warehouse.ts'
import type { Column, WarehouseTable } from './warehouse-table.ts'

export type CsvValue = string | number | NumberText | boolean | null

/** One CSV line: texts quoted, null as nothing, so that an empty text and null stay two things. */
export function csvLine(values: readonly CsvValue[]): string {
  return `${values.map(csvValue).join(',')}\n`
}

/** A row of a table as a line of the file that its warehouse loads; values in column order. */
export function warehouseLine(
  { columns }: WarehouseTable,
  texts: CsvTexts,
  values: readonly CsvValue[],
): string {
  if (texts === 'quoted') return csvLine(values)
  return csvLine(
    values.map((value, i) => {
      const column = columns[i]!
      return typeof value === 'string' && isTextual(column) ? markedText(value, column) : value
    }),
  )
}

/** Columns whose texts are marked. */
export function isTextual(column: Column): boolean {
  return column.type === 'text' || column.type === 'json'
}

/** Begins every text of a marked file. */
export const MARK = ':'
/**
 * Longest text that a marked file holds whole, in code points. With four bytes each and the mark it still
 * fits the longest text of Redshift, VARCHAR(65535).
 */
export const MARKED_TEXT = 16_383
/** Code points that are left of a longer one. */
export const CUT_TEXT = 16_000

/**
 * A text for engines whose CSV knows no difference between NULL and '', and no NUL: a mark before it, so that
 * only NULL is an empty field, and U+FFFD in place of U+0000. A text over `MARKED_TEXT` is cut, and ends with
 * `…` and the MD5 of the whole: it is seen to be cut, and two never become one. JSON too long becomes
 * `{"$cut":"<MD5>"}`. The lake keeps the whole.
 */
export function markedText(text: string, { type }: Pick<Column, 'type'>): string {
  if (text.length <= MARKED_TEXT) return MARK + text.replaceAll('\0', '\uFFFD')
  const points = Array.from(text)
  if (points.length <= MARKED_TEXT) return MARK + text.replaceAll('\0', '\uFFFD')
  const digest = hash('md5', text, 'hex')
  if (type === 'json') return `${MARK}{"$cut":"${digest}"}`
  return `${MARK}${points.slice(0, CUT_TEXT).join('').replaceAll('\0', '\uFFFD')}…${digest}`
}

function csvValue(value: CsvValue): string {
  if (value === null) return ''
  if (isNumberText(value)) return value.rawJSON
  return typeof value === 'string' ? `"${value.replaceAll('"', '""')}"` : String(value)
}
