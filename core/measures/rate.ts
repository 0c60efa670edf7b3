import { divideScaled, type Scaled } from '../data/decimal.ts'
import { type MeasureType, NUMBER, needsNumber } from './measure-type.ts'

export type Rate = { readonly kind: 'rate'; readonly field?: string }

/**
 * Events a second, or the sum of a number field a second, over the whole length of the window that is asked
 * for.
 */
export const rate = (field?: string): Rate =>
  field === undefined ? { kind: 'rate' } : { kind: 'rate', field }

export const rateMeasure: MeasureType<Rate> = {
  keys: { field: 'string?' },
  field: ({ field }) => field,
  check: () => undefined,
  plain: ({ column, seconds }) => ({
    sql: `${column === undefined ? 'count(*)' : `sum(${column})`}::DOUBLE / ${seconds}`,
  }),
  checkUse: (measure, use) => (use.field === undefined ? undefined : needsNumber(measure, use)),
  cells: ({ field }) => [field === undefined ? 'count' : 'sum'],
  also: [],
  result: () => NUMBER,
  describe: ({ field }) => (field === undefined ? 'events a second' : `sum of ${field} a second`),
  present: (_measure, { cells: [total], scale, seconds }) =>
    total === null ? null : divideScaled(total as Scaled, seconds, scale),
}
