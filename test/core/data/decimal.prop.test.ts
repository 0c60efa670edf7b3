import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  addScaled,
  divideScaled,
  fromScaled,
  narrow,
  ratioOf,
  type Scaled,
  scaledFromText,
  scaledText,
  shownExactly,
  toScaled,
} from '../../../core/data/decimal.ts'
import { nearestDouble, plainText, scaleText } from '../../oracle/decimal.ts'

const scale = fc.nat(15)
const scaled: fc.Arbitrary<Scaled> = fc
  .oneof(fc.bigInt({ min: -(10n ** 24n), max: 10n ** 24n }), fc.maxSafeInteger().map(BigInt))
  .map(narrow)

/** Decimals that end exactly in, or one digit beside, a half at the scale. */
const nearTie = fc
  .record({
    scale,
    whole: fc.bigInt({ min: -(10n ** 12n), max: 10n ** 12n }),
    last: fc.constantFrom('5', '49', '51'),
  })
  .map(({ scale, whole, last }) => ({
    scale,
    x:
      Number(`${plainText(whole * 10n, scale + 1).replace(/\.?0*$/, '')}`) +
      Number(`${last}e-${scale + last.length}`),
  }))

const isCanonical = (value: Scaled) =>
  typeof value === 'number'
    ? Number.isSafeInteger(value) && !Object.is(value, -0)
    : !Number.isSafeInteger(Number(value)) || BigInt(Number(value)) !== value

describe('scaling a number', () => {
  test('rounds its shortest decimal text half away from zero, for any double and scale', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), scale, (x, scale) => {
        expect(BigInt(toScaled(x, scale))).toBe(scaleText(String(x), scale))
      }),
      { numRuns: 3000 },
    )
  })

  test('decides ties, and what lies beside them, by the text and not by the double', () => {
    fc.assert(
      fc.property(nearTie, ({ x, scale }) => {
        expect(BigInt(toScaled(x, scale))).toBe(scaleText(String(x), scale))
      }),
      { numRuns: 3000 },
    )
  })

  test.each([
    [1.005, 2, 101],
    [-1.005, 2, -101],
    [0.5, 0, 1],
    [-0.5, 0, -1],
    [2.5, 0, 3],
    [1.45, 1, 15],
    [8.345, 2, 835],
    [0.1 + 0.2, 15, 300_000_000_000_000],
    [5e-7, 6, 1],
    [4.999999999999999e-7, 6, 0],
    [1e-7, 6, 0],
    [-1e-7, 6, 0],
    [-0, 0, 0],
    [-0, 6, 0],
    [5e-324, 15, 0],
    [999_999_999_999, 6, 999_999_999_999_000_000n],
    [2 ** 53, 0, 9007199254740992n],
    [1e21, 2, 10n ** 23n],
    [2 ** 51 + 0.5, 0, 2251799813685249],
  ])('scales %d at %i places to %s', (x, places, expected) => {
    expect(toScaled(x, places)).toBe(expected)
  })

  test('gives a number where it is safe, a bigint beyond, and never minus zero', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), scale, (x, scale) => {
        expect(isCanonical(toScaled(x, scale))).toBe(true)
      }),
    )
  })
})

describe('decimal text', () => {
  test('goes to a scaled number and back', () => {
    fc.assert(
      fc.property(scaled, scale, (value, scale) => {
        const text = scaledText(value, scale)
        expect(text).toBe(plainText(BigInt(value), scale))
        expect(scaledFromText(text, scale)).toBe(value)
      }),
    )
  })

  test.each(['', '.5', '1.', '0x1', ' 1', '1_0', 'NaN', '1e', '--1'])('%o is no decimal number', text => {
    expect(() => scaledFromText(text, 2)).toThrow(RangeError)
  })
})

describe('arithmetic on scaled numbers', () => {
  test('adds exactly, in any order, and keeps numbers canonical', () => {
    fc.assert(
      fc.property(fc.array(scaled, { maxLength: 8 }), values => {
        const sum = values.reduce(addScaled, 0)
        expect(BigInt(sum)).toBe(values.reduce((total: bigint, value) => total + BigInt(value), 0n))
        expect(isCanonical(sum)).toBe(true)
        expect(values.toReversed().reduce(addScaled, 0)).toBe(sum)
      }),
    )
  })

  test('is presented as the nearest double', () => {
    fc.assert(
      fc.property(scaled, scale, (value, scale) => {
        expect(fromScaled(value, scale)).toBe(nearestDouble(BigInt(value), 10n ** BigInt(scale)))
      }),
    )
  })

  test('divides to the nearest double', () => {
    fc.assert(
      fc.property(scaled, fc.integer({ min: 1, max: 10_000_000 }), scale, (value, count, scale) => {
        const exact = nearestDouble(BigInt(value), BigInt(count) * 10n ** BigInt(scale))
        expect(divideScaled(value, count, scale)).toBe(exact)
      }),
      { numRuns: 2000 },
    )
  })

  test('gives the double nearest to any ratio of integers', () => {
    const big = fc.bigInt({ min: -(10n ** 45n), max: 10n ** 45n })
    const divisor = fc.oneof(fc.bigInt({ min: 1n, max: 10n ** 45n }), fc.constantFrom(1n, 3n, 10n ** 30n))
    fc.assert(
      fc.property(big, divisor, (a, b) => {
        expect(ratioOf(a, b)).toBe(nearestDouble(a, b))
      }),
      { numRuns: 2000 },
    )
  })
})

describe('showing a scaled number', () => {
  const scaled = fc.bigInt({ min: -(10n ** 38n), max: 10n ** 38n })

  test('loses no digit, and takes a double wherever one is written with the same digits', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          scaled,
          scaled.map(value => value / 10n ** 21n),
        ),
        scale,
        (value, places) => {
          const text = JSON.stringify({ v: shownExactly(narrow(value), places) }).slice(5, -1)
          expect(scaleText(text, places)).toBe(value)
          if (String(Number(text)) === text) expect(shownExactly(narrow(value), places)).toBe(Number(text))
        },
      ),
      { numRuns: 3000 },
    )
  })

  test.each([
    [2n ** 53n + 1n, 0, '9007199254740993'],
    [10n ** 22n, 0, '10000000000000000000000'],
    [9007199254740993n, 2, '90071992547409.93'],
    [1n, 7, '1e-7'],
    [0n, 2, '0'],
  ])('shows %d at %i places as %s', (value, places, text) => {
    expect(JSON.stringify(shownExactly(narrow(value), places))).toBe(text)
  })
})
