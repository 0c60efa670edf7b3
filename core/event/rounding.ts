import { POWERS_OF_TEN, placesOf } from '../data/decimal.ts'
import { readerOf } from '../data/fields.ts'
import type { Contract } from '../declare/pipeline.ts'

type Data = Record<string, unknown>

/**
 * Compiles whether an event's data has a number with more decimal places than lake, metrics and warehouse
 * keep of it, so that it is rounded there. Undefined where no field is a number of known places.
 */
export function compileRounding({ fields }: Contract): ((data: Data) => boolean) | undefined {
  const numbers = fields.flatMap(({ kind, path, scale }) =>
    kind === 'number' && scale !== undefined ? [{ read: readerOf(path), scale }] : [],
  )
  if (numbers.length === 0) return undefined
  return data => {
    for (const { read, scale } of numbers) {
      const value = read(data)
      if (typeof value === 'number' && isRounded(value, scale)) return true
    }
    return false
  }
}

/** Up to it, a product with a power of ten is within half of the integer that is meant. */
const SURE = 2 ** 51

/** Whether the shortest text of a number has more places than the scale. */
export function isRounded(value: number, scale: number): boolean {
  const power = POWERS_OF_TEN[scale]!
  const product = value * power
  if (product < SURE && product > -SURE) return Math.round(product) / power !== value
  return placesOf(value) > scale
}
