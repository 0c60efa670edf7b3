import { valueAt } from '../data/fields.ts'
import type { Metric } from '../declare/metric-plan.ts'
import type { ShownRow } from '../fold/row-order.ts'
import { csvLine } from '../lake/csv.ts'

/**
 * Rows of a metric as CSV (RFC 4180) with a header: window, fields, measures. Texts are in quotes, null and
 * what is missing are empty.
 *
 * @param by names of the fields that rows are grouped by
 */
export function answerCsv({ measures }: Metric, by: readonly string[], rows: readonly ShownRow[]): string {
  const names = measures.map(({ name }) => name)
  const lines = rows.map(({ window, group, values }) =>
    csvLine([
      window,
      ...by.map(name => (valueAt(group, [name]) ?? null) as ShownRow['group'][string]),
      ...names.map(name => values[name] ?? null),
    ]),
  )
  return csvLine(['window', ...by, ...names]) + lines.join('')
}
