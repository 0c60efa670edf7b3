import { type NumberText, numberText } from '../json/json.ts'

/**
 * Decimal numbers as scaled integers: the number x at scale s is the integer x·10^s. A plain JS number holds
 * it while it is a safe integer, a bigint beyond. Never binary fractions, so every engine gets the same sum
 * in any order.
 */
export type Scaled = number | bigint

/** Digits a number field can hold in all: it fits DECIMAL(18, scale), one 64-bit integer, in every engine. */
export const DECIMAL_DIGITS = 18

/** 10^n for n = 0 … 22, exact as doubles. */
export const POWERS_OF_TEN: readonly number[] = Array.from({ length: 23 }, (_, n) => Number(`1e${n}`))

const HALF_ULP_GUARD = 2 ** -50

/**
 * Scales a JSON number, rounding half away from zero on its shortest decimal text, as SQL casts of that text
 * do.
 *
 * A double product decides unless it lies so near a tie that its own rounding error (a relative 2^-53 for the
 * product and as much for the text) could have moved it across; then the text decides.
 */
export function toScaled(x: number, scale: number): Scaled {
  if (scale === 0 && Number.isSafeInteger(x)) return x + 0
  const product = Math.abs(x) * POWERS_OF_TEN[scale]!
  if (product < 2 ** 51) {
    const whole = Math.floor(product)
    const distanceToTie = Math.abs(product - whole - 0.5)
    if (distanceToTie > product * HALF_ULP_GUARD + Number.MIN_VALUE) {
      const rounded = product - whole > 0.5 ? whole + 1 : whole
      return x < 0 && rounded !== 0 ? -rounded : rounded
    }
  }
  return scaledFromText(String(x), scale)
}

/** Scales decimal text such as `-12.50` or `1e-7`, rounding half away from zero. */
export function scaledFromText(text: string, scale: number): Scaled {
  const parts = /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]?\d+))?$/i.exec(text)
  if (parts === null) throw new RangeError(`not a decimal number: ${text.slice(0, 40)}`)
  const [, sign, whole, fraction = '', exponent = '0'] = parts
  const digits = `${whole}${fraction}`
  const shift = scale - fraction.length + Number(exponent)
  let value: bigint
  if (shift >= 0) value = BigInt(digits) * 10n ** BigInt(shift)
  else {
    const divisor = 10n ** BigInt(-shift)
    value = (BigInt(digits) * 2n + divisor) / (divisor * 2n)
  }
  return narrow(sign === '-' ? -value : value)
}

/**
 * The nearest scaled integers at or below, and at or above, a JSON number, by its shortest decimal text; both
 * are the number itself where it has no more places than the scale.
 */
export function neighbours(x: number, scale: number): { readonly below: Scaled; readonly above: Scaled } {
  const nearest = BigInt(toScaled(x, scale))
  // No double has more than 400 decimal places in its shortest text.
  const exact = BigInt(scaledFromText(String(x), scale + 400))
  const rounded = nearest * 10n ** 400n
  return {
    below: narrow(rounded > exact ? nearest - 1n : nearest),
    above: narrow(rounded < exact ? nearest + 1n : nearest),
  }
}

/** A bigint as a number where it is a safe integer. */
export function narrow(value: bigint): Scaled {
  return value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER)
    ? Number(value)
    : value
}

/** Exact sum. */
export function addScaled(a: Scaled, b: Scaled): Scaled {
  if (typeof a === 'number' && typeof b === 'number') {
    const sum = a + b
    if (Number.isSafeInteger(sum)) return sum
  }
  return narrow(BigInt(a) + BigInt(b))
}

/** The double nearest to a scaled number. */
export function fromScaled(value: Scaled, scale: number): number {
  if (typeof value === 'number') return value / POWERS_OF_TEN[scale]!
  return Number(`${value}e-${scale}`)
}

/** Below it, a scaled number of any scale is the shortest text of a double (IEEE 754: DBL_DIG). */
const FIFTEEN_DIGITS = 1e15

/**
 * A scaled number as JSON shows it, with all of its digits: a number where its double is written with those
 * very digits, else their text.
 */
export function shownExactly(value: Scaled, scale: number): number | NumberText {
  const double = fromScaled(value, scale)
  if (value < FIFTEEN_DIGITS && value > -FIFTEEN_DIGITS) return double
  const text = scaledText(value, scale)
  return String(double) === text ? double : numberText(text)
}

/** The double nearest to value / (divisor · 10^scale): a mean. */
export function divideScaled(value: Scaled, divisor: number, scale: number): number {
  const denominator = divisor * POWERS_OF_TEN[scale]!
  if (typeof value === 'number' && Number.isSafeInteger(denominator)) return value / denominator
  const quotient = (BigInt(value) * 10n ** 40n) / (BigInt(divisor) * 10n ** BigInt(scale))
  return Number(`${quotient}e-40`)
}

/**
 * The double nearest to a / b for integers and b > 0: more bits of the quotient than a double has, and
 * whether any follow, decide.
 */
export function ratioOf(a: bigint, b: bigint): number {
  if (a < 0n) return -ratioOf(-a, b)
  const missing = QUOTIENT_BITS + 4 * (b.toString(16).length - a.toString(16).length)
  const shift = Math.max(0, missing)
  const dividend = a << BigInt(shift)
  const follows = dividend % b === 0n ? 0n : 1n
  return Number((dividend / b) | follows) * 2 ** -shift
}

const QUOTIENT_BITS = 64

/** Shortest decimal text of a scaled number: `12.5` for 12500000 at scale 6. */
export function scaledText(value: Scaled, scale: number): string {
  const digits = String(value < 0 ? -value : value).padStart(scale + 1, '0')
  const whole = digits.slice(0, digits.length - scale)
  const fraction = digits.slice(digits.length - scale).replace(/0+$/, '')
  return `${value < 0 ? '-' : ''}${whole}${fraction === '' ? '' : `.${fraction}`}`
}

/** Decimal places of a step such as 0.25 (2); undefined where it has more than 15. */
export function decimalPlaces(x: number): number | undefined {
  const places = placesOf(x)
  return places <= MOST_PLACES ? places : undefined
}

const MOST_PLACES = 15

/** Decimal places of a number's shortest text: 2 of 0.25, 7 of 1e-7, 0 of 1e21. */
export function placesOf(x: number): number {
  const [digits = '', exponent = '0'] = String(x).split('e')
  return Math.max(0, (digits.split('.')[1] ?? '').length - Number(exponent))
}
