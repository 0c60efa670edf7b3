import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { sampleVariance } from '../../../core/measures/variance.ts'

function of(values: readonly number[], scale = 0): number | null {
  const big = values.map(BigInt)
  const sum = big.reduce((a, b) => a + b, 0n)
  const squares = big.reduce((a, b) => a + b * b, 0n)
  return sampleVariance({ cells: [sum, squares, values.length], scale })
}

describe('the variance', () => {
  test('is that of a sample', () => {
    expect(of([2, 4, 4, 4, 5, 5, 7, 9])).toBe(32 / 7)
    expect(of([100, 200], 2)).toBe(0.5)
  })

  test('of fewer than two values is null', () => {
    expect(of([])).toBeNull()
    expect(sampleVariance({ cells: [null, null, 0], scale: 6 })).toBeNull()
    expect(of([7])).toBeNull()
  })

  test('of equal values is 0, where doubles would lose it', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), fc.integer({ min: 2, max: 1000 }), (value, n) => {
        expect(
          of(
            Array.from({ length: n }, () => value),
            15,
          ),
        ).toBe(0)
      }),
    )
  })

  test('does not change when all values move by the same amount', () => {
    const small = fc.array(fc.integer({ min: -1000, max: 1000 }), { minLength: 2, maxLength: 30 })
    fc.assert(
      fc.property(small, fc.integer({ min: -(10 ** 15), max: 10 ** 15 }), (values, by) => {
        expect(of(values.map(value => value + by))).toBe(of(values))
      }),
    )
  })
})
