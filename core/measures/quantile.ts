import type { CellValue } from '../cells/cell-type.ts'
import { binMiddle, quantileBin } from '../cells/histogram.ts'
import type { Vector } from '../cells/vector.ts'
import { fromScaled, POWERS_OF_TEN, type Scaled } from '../data/decimal.ts'
import { type MeasureType, needsNumber, ofField } from './measure-type.ts'

export type Quantile = { readonly kind: 'quantile'; readonly field: string; readonly q: number }

/** q-quantile by nearest rank, 0 < q < 1, within 0.5 % of the exact value. */
export const quantile = (field: string, q: number): Quantile => ({ kind: 'quantile', field, q })

/** Never beyond the least and largest value, where other measures keep those. */
export const quantileMeasure: MeasureType<Quantile> = {
  ...ofField,
  keys: { field: 'string', q: 'number' },
  check: ({ q }) =>
    q > 0 && q < 1
      ? undefined
      : { problem: 'has no quantile between 0 and 1', remedy: "write quantile('field', 0.95)" },
  checkUse: needsNumber,
  cells: () => ['bins'],
  also: ['min', 'max'],
  present: ({ q }, { cells: [bins], also: [least, largest], scale }) => {
    const bin = quantileBin(bins as Vector, q)
    if (bin === undefined) return null
    const value = binMiddle(bin) / POWERS_OF_TEN[scale]!
    const atLeast = Math.max(bound(least, scale) ?? -Infinity, value)
    return Math.min(bound(largest, scale) ?? Infinity, atLeast)
  },
}

function bound(cell: CellValue | undefined, scale: number): number | undefined {
  return cell === undefined || cell === null ? undefined : fromScaled(cell as Scaled, scale)
}
