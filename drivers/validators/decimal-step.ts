import { decimalPlaces, placesOf, scaledFromText } from '../../core/data/decimal.ts'

/** From so many steps on, four units in the last place of a double are a noticeable part of a step. */
const MANY_STEPS = 2 ** 40

/**
 * Whether a number is a multiple of a step in decimal: 0.07 is one of 0.01, whatever doubles say. What binary
 * arithmetic leaves in the last digits, as in 0.1 + 0.2, is passed over while it is less than a thousandth of
 * a step; beyond, the decimal text decides.
 */
export function isMultipleOf(value: number, step: number): boolean {
  const ratio = value / step
  const isNear = Math.abs(ratio - Math.round(ratio)) <= Math.abs(ratio) * 4 * Number.EPSILON
  if (!isNear || Math.abs(ratio) < MANY_STEPS) return isNear
  const places = decimalPlaces(step)
  if (places === undefined) return isNear
  if (placesOf(value) > places) return false
  const scaled = (x: number) => BigInt(scaledFromText(String(x), places))
  return scaled(value) % scaled(step) === 0n
}
