import { estimateDistinct } from '../cells/hyperloglog.ts'
import type { Vector } from '../cells/vector.ts'
import { type MeasureType, NATURAL, needsSingleValue, ofField } from './measure-type.ts'

export type Distinct = { readonly kind: 'distinct'; readonly field: string }

/**
 * Number of different values, estimated by HyperLogLog: standard error 1.6 %, nearly exact for small numbers.
 */
export const distinct = (field: string): Distinct => ({ kind: 'distinct', field })

export const distinctMeasure: MeasureType<Distinct> = {
  ...ofField,
  checkUse: needsSingleValue('counts'),
  cells: () => ['registers'],
  result: () => NATURAL,
  present: (_measure, { cells: [registers] }) => estimateDistinct(registers as Vector),
}
