import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { addDistinct, estimateDistinct } from '../../../core/cells/hyperloglog.ts'
import { formatVector } from '../../../core/cells/vector.ts'
import { hostileText } from '../../arbitraries.ts'
import { estimateOf, registersOf, sketchText } from '../../oracle/sketches.ts'

function registers(texts: Iterable<string>): number[] {
  const vector: number[] = []
  for (const text of texts) addDistinct(vector, text)
  return vector
}

describe('distinct registers', () => {
  test('equal the reference for any text', () => {
    fc.assert(
      fc.property(fc.array(hostileText, { maxLength: 30 }), texts => {
        expect(formatVector(registers(texts))).toBe(sketchText(registersOf(texts)))
      }),
      { numRuns: 500 },
    )
  })

  test('equal the reference after more values than are remembered', () => {
    const texts = Array.from({ length: 140_000 }, (_, i) => `v${i}`)
    const vector = registers(texts)
    for (const text of texts.slice(0, 1000)) addDistinct(vector, text)
    expect(formatVector(vector)).toBe(sketchText(registersOf(texts)))
  })

  test('do not depend on order or repetition', () => {
    fc.assert(
      fc.property(fc.array(fc.string()), texts => {
        expect(registers([...texts, ...texts.toReversed()])).toEqual(registers(texts.toReversed()))
      }),
    )
  })
})

describe('the distinct estimate', () => {
  test('of nothing is 0', () => {
    expect(estimateDistinct([])).toBe(0)
  })

  test.each([1, 2, 3, 10, 50])('of %i values is exact', size => {
    expect(estimateDistinct(registers(Array.from({ length: size }, (_, i) => `user-${i}`)))).toBe(size)
  })

  test.each([100, 1_000, 5_000, 20_000, 100_000])('of %i values is within 5 percent', size => {
    for (const prefix of ['user-', 'order/', '']) {
      const estimate = estimateDistinct(registers(Array.from({ length: size }, (_, i) => `${prefix}${i}`)))
      expect(Math.abs(estimate - size) / size).toBeLessThan(0.05)
    }
  })

  test('equals the estimator written as its sums', () => {
    for (const size of [1, 7, 100, 3_000, 60_000]) {
      const texts = Array.from({ length: size }, (_, i) => `x${i}`)
      expect(estimateDistinct(registers(texts))).toBe(estimateOf(registersOf(texts)))
    }
  })

  test('stays finite when every register is full', () => {
    const full = Array.from({ length: 4096 }, (_, index) => [index, 53]).flat()
    expect(estimateDistinct(full)).toBeGreaterThan(1e18)
  })
})
