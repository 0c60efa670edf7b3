import { type MeasureType, NATURAL } from './measure-type.ts'

export type Count = { readonly kind: 'count' }

/** Number of events. */
export const count = (): Count => ({ kind: 'count' })

export const countMeasure: MeasureType<Count> = {
  keys: {},
  field: () => undefined,
  check: () => undefined,
  checkUse: () => undefined,
  cells: () => ['count'],
  also: [],
  result: () => NATURAL,
  describe: () => 'number of events',
  present: (_measure, { cells: [count] }) => Number(count),
  plain: () => ({ sql: 'count(*)' }),
  ofTotals: ([count]) => count!,
}
