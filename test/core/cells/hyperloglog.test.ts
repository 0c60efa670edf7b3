import { describe, expect, test } from 'vitest'
import { estimateDistinct, rankOf, registerOf } from '../../../core/cells/hyperloglog.ts'
import { hashOf } from '../../../core/cells/sketches/value-hash.ts'
import { touch } from '../../../core/cells/vector.ts'
import { estimateOf } from '../../oracle/sketches.ts'

/** Registers of so many values, which also an earlier version kept of a few. */
function registers(size: number, prefix = 'user-'): number[] {
  const cell: number[] = []
  for (let i = 0; i < size; i++) {
    const hash = hashOf(`${prefix}${i}`)
    touch(cell, registerOf(hash), rankOf(hash), 'max')
  }
  return cell
}

describe('the distinct estimate', () => {
  test('of nothing is 0', () => {
    expect(estimateDistinct([])).toBe(0)
  })

  test.each([1, 2, 3, 10, 50])('of %i values is exact', size => {
    expect(estimateDistinct(registers(size))).toBe(size)
  })

  test.each([100, 1_000, 5_000, 20_000, 100_000])('of %i values is within 5 percent', size => {
    for (const prefix of ['user-', 'order/', '']) {
      const estimate = estimateDistinct(registers(size, prefix))
      expect(Math.abs(estimate - size) / size).toBeLessThan(0.05)
    }
  })

  test('equals the estimator written as its sums', () => {
    for (const size of [1, 7, 100, 3_000, 60_000]) {
      const cell = registers(size, 'x')
      const entries = cell.flatMap((index, i) => (i % 2 === 0 ? [[index, cell[i + 1]!] as const] : []))
      expect(estimateDistinct(cell)).toBe(estimateOf(new Map(entries)))
    }
  })

  test('stays finite when every register is full', () => {
    const full = Array.from({ length: 4096 }, (_, index) => [index, 53]).flat()
    expect(estimateDistinct(full)).toBeGreaterThan(1e18)
  })
})

test.each([
  [0, 0, 41],
  [1, 0, 40],
  [2 ** 31, 0, 9],
  [2 ** 32 - 1, 0, 9],
  [2 ** 32, 0, 8],
  [2 ** 39, 0, 1],
  [2 ** 40, 1, 41],
  [2 ** 52 - 1, 4095, 1],
])('hash %i is of register %i and has rank %i', (hash, register, rank) => {
  expect([registerOf(hash), rankOf(hash)]).toEqual([register, rank])
})
