import { keptValue } from './kept-value.ts'
import type { MeasureType } from './measure-type.ts'

export type First = { readonly kind: 'first'; readonly field: string }

/**
 * Value of a field in the event with the smallest (event time, receipt) of those that have one; of a text the
 * first 1,000 characters.
 */
export const first = (field: string): First => ({ kind: 'first', field })

export const firstMeasure: MeasureType<First> = { ...keptValue, cells: () => ['first'] }
