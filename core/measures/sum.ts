import { type Scaled, shownExactly } from '../data/decimal.ts'
import { exactNumber, type MeasureType, needsNumber, ofField, SUM_DIGITS } from './measure-type.ts'

export type Sum = { readonly kind: 'sum'; readonly field: string }

/** Exact decimal sum of a number field; null when no event of the group has a value. */
export const sum = (field: string): Sum => ({ kind: 'sum', field })

export const sumMeasure: MeasureType<Sum> = {
  ...ofField,
  checkUse: needsNumber,
  cells: () => ['sum'],
  plain: ({ column }) => ({ sql: `sum(${column})` }),
  ofTotals: ([total]) => total!,
  result: (_measure, field) => exactNumber(field!, SUM_DIGITS),
  present: (_measure, { cells: [cell], scale }) =>
    cell === null ? null : shownExactly(cell as Scaled, scale),
}
