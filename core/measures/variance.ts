import type { CellValue } from '../cells/cell-type.ts'
import { ratioOf } from '../data/decimal.ts'
import { type MeasureType, needsNumber, ofField, type Presented } from './measure-type.ts'

export type Variance = { readonly kind: 'variance'; readonly field: string }

/** Sample variance of a number field, as SQL's `variance`: from exact sums; null below two values. */
export const variance = (field: string): Variance => ({ kind: 'variance', field })

export const varianceMeasure: MeasureType<Variance> = {
  ...ofField,
  checkUse: needsNumber,
  cells: () => ['sum', 'squares', 'count'],
  present: (_measure, from) => sampleVariance(from),
}

/** (n · Σx² − (Σx)²) / (n · (n − 1)) of sum, squares and count: exact until the one division. */
export function sampleVariance({ cells, scale }: Pick<Presented, 'cells' | 'scale'>): number | null {
  const n = integer(cells[2]!)
  if (n < 2n) return null
  const [sum, squares] = [integer(cells[0]!), integer(cells[1]!)]
  return ratioOf(n * squares - sum * sum, n * (n - 1n) * 10n ** BigInt(2 * scale))
}

function integer(cell: CellValue): bigint {
  return BigInt(cell as number | bigint)
}
