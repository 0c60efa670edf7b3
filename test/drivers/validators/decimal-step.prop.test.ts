import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isMultipleOf } from '../../../drivers/validators/decimal-step.ts'

const step = fc
  .tuple(fc.integer({ min: 1, max: 999 }), fc.nat(9))
  .map(([digits, places]) => ({ digits: BigInt(digits), places, value: Number(`${digits}e-${places}`) }))

test('a multiple of a step is one, whatever doubles say, as far as doubles tell numbers apart', () => {
  fc.assert(
    fc.property(step, fc.bigInt({ min: 0n, max: 10n ** 15n }), ({ digits, places, value }, times) => {
      const scaled = digits * times
      fc.pre(scaled < 10n ** 15n)
      expect(isMultipleOf(Number(`${scaled}e-${places}`), value)).toBe(true)
    }),
    { numRuns: 2000 },
  )
})

test('a number with one more decimal place than a step is none of its multiples, however large', () => {
  const large = fc.bigInt({ min: 0n, max: 10n ** 14n - 1n })
  fc.assert(
    fc.property(fc.nat(9), large, fc.integer({ min: 1, max: 9 }), (places, whole, digit) => {
      const text = `${whole}${digit}e-${places + 1}`
      expect(isMultipleOf(Number(text), Number(`1e-${places}`))).toBe(false)
    }),
    { numRuns: 2000 },
  )
})

test.each([
  [22_517_998_136_852.484, 0.01],
  [1_125_899_906_842_624.2, 1],
  [2 ** 50 + 0.5, 1],
  [-(2 ** 51 + 0.5), 0.25 * 3],
])('%d is no multiple of %d', (value, step) => {
  expect(isMultipleOf(value, step)).toBe(false)
})

test('what binary arithmetic leaves in the last digits is passed over', () => {
  expect(isMultipleOf(0.1 + 0.2, 0.01)).toBe(true)
  expect(isMultipleOf(1_000_000.1 + 0.2, 0.01)).toBe(true)
})
