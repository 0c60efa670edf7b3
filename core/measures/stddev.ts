import { type MeasureType, needsNumber, ofField } from './measure-type.ts'
import { sampleVariance } from './variance.ts'

export type Stddev = { readonly kind: 'stddev'; readonly field: string }

/**
 * Sample standard deviation of a number field, as SQL's `stddev`: the root of the variance; null below two
 * values.
 */
export const stddev = (field: string): Stddev => ({ kind: 'stddev', field })

export const stddevMeasure: MeasureType<Stddev> = {
  ...ofField,
  checkUse: needsNumber,
  cells: () => ['sum', 'squares', 'count'],
  present: (_measure, from) => {
    const variance = sampleVariance(from)
    return variance === null ? null : Math.sqrt(variance)
  },
}
