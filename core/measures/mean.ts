import { divideScaled, type Scaled } from '../data/decimal.ts'
import { type MeasureType, needsNumber, ofField } from './measure-type.ts'

export type Mean = { readonly kind: 'mean'; readonly field: string }

/** Mean over the events that have a value. */
export const mean = (field: string): Mean => ({ kind: 'mean', field })

export const meanMeasure: MeasureType<Mean> = {
  ...ofField,
  checkUse: needsNumber,
  cells: () => ['sum', 'count'],
  plain: ({ column }) => ({ sql: `sum(${column})::DOUBLE / count(${column})` }),
  ofTotals: ([sum, count]) => `${sum}::DOUBLE / nullif(${count}, 0)`,
  present: (_measure, { cells: [sum, count], scale }) =>
    sum === null ? null : divideScaled(sum as Scaled, Number(count), scale),
}
