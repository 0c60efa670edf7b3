import { fromScaled, type Scaled } from '../data/decimal.ts'
import { type MeasureType, needsNumber, ofField } from './measure-type.ts'

export type Min = { readonly kind: 'min'; readonly field: string }

/** Smallest value of a number field. */
export const min = (field: string): Min => ({ kind: 'min', field })

export const minMeasure: MeasureType<Min> = {
  ...ofField,
  checkUse: needsNumber,
  cells: () => ['min'],
  present: (_measure, { cells: [cell], scale }) => (cell === null ? null : fromScaled(cell as Scaled, scale)),
}
