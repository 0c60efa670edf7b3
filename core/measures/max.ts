import { type Scaled, shownExactly } from '../data/decimal.ts'
import { exactNumber, type MeasureType, needsNumber, ofField } from './measure-type.ts'

export type Max = { readonly kind: 'max'; readonly field: string }

/** Largest value of a number field. */
export const max = (field: string): Max => ({ kind: 'max', field })

export const maxMeasure: MeasureType<Max> = {
  ...ofField,
  checkUse: needsNumber,
  cells: () => ['max'],
  plain: ({ column }) => ({ sql: `max(${column})` }),
  ofTotals: ([total]) => total!,
  result: (_measure, field) => exactNumber(field!),
  present: (_measure, { cells: [cell], scale }) =>
    cell === null ? null : shownExactly(cell as Scaled, scale),
}
