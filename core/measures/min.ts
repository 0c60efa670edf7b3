import { type Scaled, shownExactly } from '../data/decimal.ts'
import { exactNumber, type MeasureType, needsNumber, ofField } from './measure-type.ts'

export type Min = { readonly kind: 'min'; readonly field: string }

/** Smallest value of a number field. */
export const min = (field: string): Min => ({ kind: 'min', field })

export const minMeasure: MeasureType<Min> = {
  ...ofField,
  checkUse: needsNumber,
  cells: () => ['min'],
  plain: ({ column }) => ({ sql: `min(${column})` }),
  ofTotals: ([total]) => total!,
  result: (_measure, field) => exactNumber(field!),
  present: (_measure, { cells: [cell], scale }) =>
    cell === null ? null : shownExactly(cell as Scaled, scale),
}
