import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { CellValue } from '../../../core/cells/cells.ts'
import { squares } from '../../../core/cells/squares.ts'
import { narrow } from '../../../core/data/decimal.ts'

/** Magnitudes of up to 18 digits, around the largest whose square is a safe integer, too. */
const value = fc
  .oneof(
    fc.bigInt({ min: -(10n ** 18n - 1n), max: 10n ** 18n - 1n }),
    fc.constantFrom(-1n, 0n, 1n).map(step => 94_906_265n + step),
    fc.integer({ min: -3, max: 3 }).map(BigInt),
  )
  .map(narrow)

test('squares add up to the exact sum, however large', () => {
  fc.assert(
    fc.property(fc.array(value, { minLength: 1 }), values => {
      const cells: CellValue[] = [squares.empty()]
      const add = squares.adder(0, undefined)
      for (const each of values) add(cells, each, 0, '')
      const exact = values.reduce((sum: bigint, each) => sum + BigInt(each) ** 2n, 0n)
      expect(cells[0]).toBe(narrow(exact))
    }),
    { numRuns: 1000 },
  )
})

test('the squares of no value are nothing', () => {
  expect(squares.format(squares.empty())).toBeNull()
})
