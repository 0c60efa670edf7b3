import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  addDistinct,
  combineDistinct,
  countDistinct,
  folded,
  MOST_HASHES,
} from '../../../core/cells/sketches/distinct-values.ts'
import { CELLS } from '../../../core/cells/table.ts'
import type { Vector } from '../../../core/cells/vector.ts'
import { hostileText } from '../../arbitraries.ts'
import { distinctOf, distinctText } from '../../oracle/sketches.ts'

function cellOf(texts: Iterable<string | number>): Vector {
  const cell: Vector = []
  for (const text of texts) addDistinct(cell, text)
  return cell
}

/** Numbers as texts, on both sides of where hashes become registers, with repetitions and in any order. */
const values = fc
  .tuple(fc.nat(500), fc.oneof(fc.nat(30), fc.integer({ min: 200, max: 350 })))
  .chain(([from, size]) => {
    const all = Array.from({ length: size }, (_, i) => `v${from + i}`)
    return fc.shuffledSubarray([...all, ...all], { minLength: size })
  })

describe('a cell of different values', () => {
  test('is that of the reference for any text', () => {
    fc.assert(
      fc.property(fc.array(hostileText, { maxLength: 30 }), texts => {
        expect(CELLS.registers.format(cellOf(texts))).toBe(distinctText(distinctOf(texts)))
      }),
      { numRuns: 300 },
    )
  })

  test('is that of the reference on both sides of where hashes become registers', () => {
    fc.assert(
      fc.property(values, texts => {
        expect(CELLS.registers.format(cellOf(texts))).toBe(distinctText(distinctOf(texts)))
      }),
      { numRuns: 200 },
    )
  })

  test('is the same however the values were batched, grouped and ordered', () => {
    const cuts = fc.array(fc.nat(400), { maxLength: 6 })
    fc.assert(
      fc.property(values, values, cuts, fc.boolean(), (a, b, at, fromTheLeft) => {
        const all = [...a, ...b]
        const edges = [0, ...at.map(each => Math.min(each, all.length)).sort((x, y) => x - y), all.length]
        const parts = edges.slice(1).map((end, i) => cellOf(all.slice(edges[i], end)))
        const whole = fromTheLeft
          ? parts.reduce(combineDistinct, [])
          : parts.reduceRight((rest, part) => combineDistinct(part, rest), [])
        expect(whole).toEqual(cellOf(all.toReversed()))
      }),
      { numRuns: 200 },
    )
  })

  test('is that of the reference after more values than are remembered', () => {
    const texts = Array.from({ length: 140_000 }, (_, i) => `v${i}`)
    const cell = cellOf(texts)
    for (const text of texts.slice(0, 1000)) addDistinct(cell, text)
    expect(CELLS.registers.format(cell)).toBe(distinctText(distinctOf(texts)))
  })

  test('goes on from registers that an earlier version kept of a few values', () => {
    fc.assert(
      fc.property(values, values, (before, after) => {
        const old = folded(cellOf(before))
        const expected = folded(cellOf([...before, ...after]))
        expect(combineDistinct(old, cellOf(after))).toEqual(before.length === 0 ? cellOf(after) : expected)
        const added = old.slice()
        for (const value of after) addDistinct(added, value)
        expect(added).toEqual(before.length === 0 ? cellOf(after) : expected)
      }),
      { numRuns: 100 },
    )
  })
})

describe('the number of different values', () => {
  test.each([0, 1, 86, 87, 255, MOST_HASHES])('is exact for %i', size => {
    for (const prefix of ['user-', 'order/', ''])
      expect(countDistinct(cellOf(Array.from({ length: size }, (_, i) => `${prefix}${i}`)))).toBe(size)
  })

  test.each([MOST_HASHES + 1, 1_000, 20_000, 100_000])('is within 5 percent for %i', size => {
    const number = countDistinct(cellOf(Array.from({ length: size }, (_, i) => `user-${i}`)))
    expect(Math.abs(number - size) / size).toBeLessThan(0.05)
  })
})
