import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { addNumbers, compareNumbers, numberText } from './dynamodb/numbers.ts'

/** A number of up to 30 digits somewhere between 1E-60 and 1E+60, and the same as a fraction of 10^90. */
const number = fc
  .tuple(fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }), fc.integer({ min: -60, max: 30 }))
  .map(([digits, exponent]) => ({
    text: `${digits}e${exponent}`,
    value: digits * 10n ** BigInt(exponent + 90),
  }))

/** Numbers near enough that their sum has at most 38 digits. */
const near = fc
  .tuple(
    fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }),
    fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }),
    fc.integer({ min: 0, max: 6 }),
  )
  .map(([a, b, shift]) => ({
    a: `${a}e-20`,
    b: `${b}e-${20 + shift}`,
    sum: a * 10n ** BigInt(shift) + b,
    shift,
  }))

describe('numbers of the double of DynamoDB', () => {
  test('have one text for one value, which says that value', () => {
    fc.assert(
      fc.property(number, ({ text, value }) => {
        const one = numberText(text)
        expect(numberText(one)).toBe(one)
        expect(one).toBe(numberText(`${value}e-90`))
        expect(compareNumbers(one, text)).toBe(0)
      }),
    )
  })

  test('are in the order of their values', () => {
    fc.assert(
      fc.property(number, number, (a, b) => {
        const order = a.value < b.value ? -1 : a.value > b.value ? 1 : 0
        expect(compareNumbers(a.text, b.text)).toBe(order)
      }),
    )
  })

  test('add up exactly, either way round, and subtraction takes back what was added', () => {
    fc.assert(
      fc.property(near, ({ a, b, sum, shift }) => {
        const added = addNumbers(a, b)
        expect(added).toBe(numberText(`${sum}e-${20 + shift}`))
        expect(addNumbers(b, a)).toBe(added)
        expect(addNumbers(added, b, -1)).toBe(numberText(a))
      }),
    )
  })
})
