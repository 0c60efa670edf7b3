import { keptValue } from './kept-value.ts'
import type { MeasureType } from './measure-type.ts'

export type Last = { readonly kind: 'last'; readonly field: string }

/**
 * Value of a field in the event with the largest (event time, receipt) of those that have one; of a text the
 * first 1,000 characters.
 */
export const last = (field: string): Last => ({ kind: 'last', field })

export const lastMeasure: MeasureType<Last> = { ...keptValue, cells: () => ['last'] }
