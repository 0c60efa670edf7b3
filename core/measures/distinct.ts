import type { CellValue } from '../cells/cell-type.ts'
import { countDistinct } from '../cells/sketches/distinct-values.ts'
import type { Vector } from '../cells/vector.ts'
import { type MeasureType, NATURAL, needsSingleValue, ofField } from './measure-type.ts'

export type Distinct = { readonly kind: 'distinct'; readonly field: string }

/**
 * Number of different values: exact up to 256 of them, above it estimated by HyperLogLog with a standard
 * error of 1.6 %.
 */
export const distinct = (field: string): Distinct => ({ kind: 'distinct', field })

/** Never above the number of values, or of events, where other measures keep those. */
export const distinctMeasure: MeasureType<Distinct> = {
  ...ofField,
  checkUse: needsSingleValue('counts'),
  cells: () => ['registers'],
  also: ['count', 'events'],
  result: () => NATURAL,
  plain: ({ written }) => ({
    sql: `count(DISTINCT ${written})`,
    note: 'shown as an estimate where there are more than 256',
  }),
  present: (_measure, { cells: [values], also }) =>
    Math.min(countDistinct(values as Vector), ...also.map(most)),
}

function most(count: CellValue | undefined): number {
  return count === undefined ? Infinity : Number(count)
}
