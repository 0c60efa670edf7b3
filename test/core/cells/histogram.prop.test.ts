import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { addToHistogram, binMiddle, binOf, quantileBin } from '../../../core/cells/histogram.ts'
import { narrow, type Scaled } from '../../../core/data/decimal.ts'
import { binOfText } from '../../oracle/sketches.ts'

/** Values of every length up to 19 digits. */
const value: fc.Arbitrary<Scaled> = fc
  .oneof(
    fc.nat(19).chain(digits => fc.bigInt({ min: 0n, max: 10n ** BigInt(digits) })),
    fc.nat(18).chain(digits => fc.constantFrom(-1n, 0n, 1n).map(step => 10n ** BigInt(digits) + step)),
  )
  .chain(magnitude => fc.boolean().map(negative => narrow(negative ? -magnitude : magnitude)))

function binsOf(values: readonly Scaled[]): number[] {
  const bins: number[] = []
  for (const each of values) addToHistogram(bins, each)
  return bins
}

describe('the bin of a value', () => {
  test('is that of its first three digits and its length', () => {
    fc.assert(
      fc.property(value, x => {
        expect(binOf(x)).toBe(binOfText(String(x)))
      }),
      { numRuns: 3000 },
    )
  })

  test('does not depend on whether the value is held as a number or a bigint', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), x => {
        expect(binOf(BigInt(x))).toBe(binOf(x))
      }),
    )
  })

  test('grows with the value', () => {
    fc.assert(
      fc.property(value, value, (a, b) => {
        expect(Math.sign(binOf(a) - binOf(b)) * (a < b ? -1 : 1)).toBeGreaterThanOrEqual(0)
      }),
    )
  })

  test('has a middle within 1 % of every value in it', () => {
    fc.assert(
      fc.property(value, x => {
        expect(Math.abs(binMiddle(binOf(x)) - Number(x))).toBeLessThanOrEqual(Math.abs(Number(x)) * 0.01)
      }),
    )
  })

  test.each([
    [0, 0],
    [-1, -1],
    [999, 999],
    [1000, 1000],
    [1009, 1000],
    [1010, 1001],
    [9999, 1899],
    [10_000, 1900],
    [999_999_999_999_999_999n, 14_499],
    [-999_999_999_999_999_999n, -14_499],
  ])('of %s is %i', (x, bin) => {
    expect(binOf(x)).toBe(bin)
  })
})

describe('a quantile', () => {
  test('is the bin of the value with that rank', () => {
    const q = fc.integer({ min: 1, max: 999 }).map(thousandths => thousandths / 1000)
    fc.assert(
      fc.property(fc.array(value, { minLength: 1, maxLength: 120 }), q, (values, q) => {
        const sorted = values.toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0))
        const rank = Math.ceil((Math.round(q * 1000) * values.length) / 1000)
        expect(quantileBin(binsOf(values), q)).toBe(binOf(sorted[rank - 1]!))
      }),
      { numRuns: 1000 },
    )
  })

  test('is found where the product of q and n lies above the integer it means', () => {
    const values = Array.from({ length: 100 }, (_, i) => i + 1)
    expect(0.55 * 100).toBeGreaterThan(55)
    expect(quantileBin(binsOf(values), 0.55)).toBe(55)
    expect(quantileBin(binsOf(values), 0.07)).toBe(7)
  })

  test('of nothing is undefined', () => {
    expect(quantileBin([], 0.5)).toBeUndefined()
  })
})
