import { valueAt } from '../data/fields.ts'
import type { Metric } from '../declare/metric-plan.ts'
import type { ShownRow } from '../fold/row-order.ts'
import { isNumberText } from '../json/json.ts'
import { type Column, columnTypeOf } from '../lake/column.ts'
import type { CsvValue } from '../lake/csv.ts'
import { loadable } from '../lake/warehouse-table.ts'

/** A table whose columns have types, its values as the texts that an engine casts to them. */
export type TypedTable = {
  readonly columns: readonly Pick<Column, 'name' | 'type' | 'scale' | 'precision'>[]
  readonly rows: readonly (readonly (string | null)[])[]
}

/** Makes a file of a table; `about` is kept in it, under the name `tributary`. */
export type WriteTable = (table: TypedTable, about: string) => Promise<Uint8Array>

/**
 * Rows of a metric as a table: the start of the window as an instant, the fields of the group as what they
 * are in events, measures as in the warehouse: sums, minima and maxima in decimal with all of their digits.
 * Null and what is missing are null.
 *
 * @param by names of the fields that rows are grouped by
 */
export function answerTable(metric: Metric, by: readonly string[], rows: readonly ShownRow[]): TypedTable {
  const fields = by.map(name => metric.by.find(field => field.name === name)!)
  const columns: TypedTable['columns'] = [
    { name: 'window', type: 'timestamp' },
    ...fields.map(field => ({ name: field.name, ...columnTypeOf(field) })),
    ...metric.measures.map(({ name, result }) => ({ name, ...result.column })),
  ]
  const valuesOf = ({ window, group, values }: ShownRow): readonly CsvValue[] => [
    window,
    ...by.map(name => (valueAt(group, [name]) ?? null) as CsvValue),
    ...metric.measures.map(({ name }) => values[name] ?? null),
  ]
  return {
    columns: distinct(columns),
    rows: rows.map(row => valuesOf(row).map((value, i) => textOf(loadable(value, columns[i]!)))),
  }
}

function textOf(value: CsvValue): string | null {
  if (value === null) return null
  return isNumberText(value) ? value.rawJSON : String(value)
}

/** Engines know no difference between capitals and others: a second `id` is called `id_2`. */
function distinct(columns: TypedTable['columns']): TypedTable['columns'] {
  const taken = new Set<string>()
  return columns.map(column => {
    let name = column.name
    for (let n = 2; taken.has(name.toLowerCase()); n++) name = `${column.name}_${n}`
    taken.add(name.toLowerCase())
    return { ...column, name }
  })
}
