import { POWERS_OF_TEN, type Scaled } from '../data/decimal.ts'
import { touch, type Vector } from './vector.ts'

/**
 * Log-linear bins in exact decimal arithmetic (the idea of HdrHistogram, in base ten): a scaled integer falls
 * in the bin of its first three significant digits. Up to 999 a bin is one integer; above, 900 bins a decade.
 * A bin is at most 1 % of its value wide, so its middle is within 0.5 %. Negative values mirror into negative
 * bins. No logarithm is taken: engines disagree on its last bit.
 */
export function binOf(value: Scaled): number {
  if (value < 0) return -binOf(-value)
  if (value < 1000) return Number(value)
  if (typeof value === 'bigint') return binFromDigits(String(value))
  let digits = 4
  while (digits < 16 && value >= POWERS_OF_TEN[digits]!) digits++
  return 1000 + (digits - 4) * 900 + Math.floor(value / POWERS_OF_TEN[digits - 3]!) - 100
}

function binFromDigits(text: string): number {
  return 1000 + (text.length - 4) * 900 + Number(text.slice(0, 3)) - 100
}

/** Counts a value in. */
export function addToHistogram(bins: Vector, value: Scaled): void {
  touch(bins, binOf(value), 1, 'sum')
}

/** The middle of a bin, as a scaled integer: what a quantile is reported as. */
export function binMiddle(bin: number): number {
  if (bin < 0) return -binMiddle(-bin)
  if (bin < 1000) return bin
  const width = POWERS_OF_TEN[Math.floor((bin - 1000) / 900) + 1]!
  const low = (100 + ((bin - 1000) % 900)) * width
  return low + width / 2
}

/** The bin that holds the q-quantile by nearest rank (the ⌈q·n⌉-th smallest value); undefined when empty. */
export function quantileBin(bins: Vector, q: number): number | undefined {
  let total = 0
  for (let i = 1; i < bins.length; i += 2) total += bins[i]!
  if (total === 0) return undefined
  // The double product can lie just above the integer it means: 0.55 · 100 is 55.00000000000001.
  const rank = Math.max(1, Math.ceil(q * total * (1 - 2 ** -50)))
  let seen = 0
  for (let i = 0; i < bins.length; i += 2) {
    seen += bins[i + 1]!
    if (seen >= rank) return bins[i]!
  }
  return bins.at(-2)
}
