import { fromScaled, type Scaled } from '../data/decimal.ts'
import { type MeasureType, needsNumber, ofField } from './measure-type.ts'

export type Sum = { readonly kind: 'sum'; readonly field: string }

/** Exact decimal sum of a number field; null when no event of the group has a value. */
export const sum = (field: string): Sum => ({ kind: 'sum', field })

export const sumMeasure: MeasureType<Sum> = {
  ...ofField,
  checkUse: needsNumber,
  cells: () => ['sum'],
  present: (_measure, { cells: [cell], scale }) => (cell === null ? null : fromScaled(cell as Scaled, scale)),
}
