import { invalid } from './errors.ts'

/** A number as DynamoDB keeps it: digits × 10^exponent, without zeros at the end of the digits. */
type Decimal = { readonly digits: bigint; readonly exponent: number }

/** "Data types", DynamoDB developer guide: 38 digits of precision, magnitudes 1E-130 to 9.99…E+125. */
const PRECISION = 38
const LARGEST = 125
const SMALLEST = -130

const NUMBER = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,6}))?$/

function parse(text: string): Decimal {
  const [, sign, whole = '', part = '', exponent = '0'] = NUMBER.exec(text) ?? []
  if (whole + part === '') throw invalid(`The parameter cannot be converted to a numeric value: ${text}`)
  const digits = BigInt(whole + part) * (sign === '-' ? -1n : 1n)
  return checked(trimmed({ digits, exponent: Number(exponent) - part.length }))
}

function trimmed({ digits, exponent }: Decimal): Decimal {
  if (digits === 0n) return { digits, exponent: 0 }
  const text = String(digits)
  const kept = text.replace(/0+$/, '')
  return { digits: BigInt(kept), exponent: exponent + text.length - kept.length }
}

function checked(number: Decimal): Decimal {
  if (number.digits === 0n) return number
  const length = String(number.digits).replace('-', '').length
  if (length > PRECISION)
    throw invalid(`Attempting to store more than ${PRECISION} significant digits in a Number`)
  const magnitude = number.exponent + length - 1
  if (magnitude > LARGEST)
    throw invalid('Number overflow. Attempting to store a number with magnitude larger than supported range')
  if (magnitude < SMALLEST)
    throw invalid(
      'Number underflow. Attempting to store a number with magnitude smaller than supported range',
    )
  return number
}

/** The digits of both at one exponent. */
function aligned(a: Decimal, b: Decimal): readonly [bigint, bigint, number] {
  const exponent = Math.min(a.exponent, b.exponent)
  const at = (number: Decimal) => number.digits * 10n ** BigInt(number.exponent - exponent)
  return [at(a), at(b), exponent]
}

function textOf({ digits, exponent }: Decimal): string {
  if (exponent >= 0) return String(digits * 10n ** BigInt(exponent))
  const sign = digits < 0n ? '-' : ''
  const text = String(digits)
    .replace('-', '')
    .padStart(1 - exponent, '0')
  return `${sign}${text.slice(0, exponent)}.${text.slice(exponent)}`
}

/**
 * The one text of a number's value.
 *
 * @throws ValidationException: no number, more than 38 digits, or a magnitude out of range
 */
export function numberText(text: string): string {
  return /^(?:0|[1-9]\d{0,14})$/.test(text) ? text : textOf(parse(text))
}

export function compareNumbers(one: string, other: string): number {
  const [a, b] = aligned(parse(one), parse(other))
  return a < b ? -1 : a > b ? 1 : 0
}

/** Exact: a sum of more than 38 digits is refused, never rounded. */
export function addNumbers(one: string, other: string, sign: 1 | -1 = 1): string {
  const [a, b, exponent] = aligned(parse(one), parse(other))
  return textOf(checked(trimmed({ digits: a + b * BigInt(sign), exponent })))
}

/**
 * Bytes that are billed: one for two significant digits, one more, and one for a sign ("Item sizes and
 * formats").
 */
export function numberSize(text: string): number {
  const digits = String(parse(text).digits)
  const significant = digits.replace('-', '').length
  return Math.ceil(significant / 2) + 1 + (digits.startsWith('-') ? 1 : 0)
}
