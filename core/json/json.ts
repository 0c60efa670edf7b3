import { parseNumbers } from './number-source.ts'

/**
 * A number as its JSON text: one that a double would alter. `JSON.stringify` writes the text as it is, so
 * that no digit is lost on the way through.
 */
export type NumberText = { readonly rawJSON: string }

// Standard (tc39/proposal-json-parse-with-source), but not yet among TypeScript's own declarations.
const { rawJSON, isRawJSON } = JSON as unknown as {
  readonly rawJSON: (text: string) => NumberText
  readonly isRawJSON: (value: unknown) => value is NumberText
}

/** Makes a number of its JSON text. @throws SyntaxError where the text is no JSON number */
export const numberText = rawJSON

/** Whether a value is a number that is kept as its text. */
export const isNumberText = isRawJSON

/** Text without a byte order mark in front: RFC 8259, 8.1, lets a reader of JSON pass over it. */
export function withoutMark(text: string): string {
  return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text
}

/**
 * Numbers that a double may alter: those of more than 15 digits, or with an exponent of three. Some that are
 * found stand inside of texts, which costs time and nothing else.
 */
const LONG_NUMBERS = /(?:^|[\s:,[])(-?(?:\d[\d.]{15}|\d[\d.]*[eE][+-]?\d{3})[\d.eE+-]*)/g

/**
 * Parses JSON without altering a number in silence: one that JSON.parse would round, or an integer beyond
 * ±(2^53 − 1), comes back as a `NumberText`. Only texts with a long number take the slow way over the
 * numbers' source text.
 *
 * @throws SyntaxError where the text is not JSON
 */
export function parseJson(text: string): unknown {
  if (!mayBeAltered(text)) return JSON.parse(text)
  return parseNumbers(text, (source, value) => (isAltered(source, value) ? numberText(source) : value))
}

function mayBeAltered(text: string): boolean {
  for (const [, number = ''] of text.matchAll(LONG_NUMBERS))
    if (isAltered(number, Number(number))) return true
  return false
}

/** Whether a double stands for another number than its source text, or for an integer that others share. */
export function isAltered(source: string, value: number): boolean {
  if (/^-?\d+$/.test(source)) return !Number.isSafeInteger(value)
  return !Number.isFinite(value) || !isSameNumber(source, String(value))
}

/** Whether two decimal texts are one number: equal digits, at one place. */
function isSameNumber(a: string, b: string): boolean {
  if (a === b) return true
  const [x, y] = [digitsOf(a), digitsOf(b)]
  return x.digits === y.digits && (x.digits === '' || x.exponent === y.exponent)
}

/** Digits without zeros at either end, and the power of ten of the last one. */
function digitsOf(text: string): { readonly digits: string; readonly exponent: number } {
  const [, whole = '', fraction = '', power = '0'] = /^-?(\d+)(?:\.(\d+))?(?:e([+-]?\d+))?$/i.exec(text) ?? []
  const all = (whole + fraction).replace(/^0+/, '')
  const digits = withoutZeros(all)
  return { digits, exponent: Number(power) - fraction.length + all.length - digits.length }
}

/** By hand: a pattern for zeros at the end takes time in proportion to the square of the length. */
function withoutZeros(digits: string): string {
  let end = digits.length
  while (end > 0 && digits[end - 1] === '0') end--
  return digits.slice(0, end)
}
