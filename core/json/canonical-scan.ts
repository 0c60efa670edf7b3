import { isAltered } from './json.ts'
import {
  BACKSLASH,
  CLOSE_BRACE,
  CLOSE_BRACKET,
  COLON,
  COMMA,
  isDigit,
  LOWER_E,
  MINUS,
  NUMBER_BYTES,
  OPEN_BRACE,
  OPEN_BRACKET,
  POINT,
  QUOTE,
  SHORT_ESCAPES,
  SPACE,
  UNDERSCORE,
  UPPER_E,
  ZERO,
} from './json-bytes.ts'

/** An object that is written as `JSON.stringify` would write it, but for keys that it may repeat. */
export type CanonicalSpan = {
  /** Place of the object in its array; 0 where it is the text itself. */
  readonly index: number
  /** Byte at which the object begins, and the one after its end. */
  readonly from: number
  readonly to: number
  /** Keys as written, at all levels: more than the parsed object has where one is repeated. */
  readonly keys: number
}

/** Quotes that must follow the text in its buffer: they end the scan of a text that is cut off. */
export const SCAN_MARGIN = 4

/** Objects nested deeper are left to what can say what is wrong with them. */
const MAX_DEPTH = 64

/**
 * The objects of a JSON array (or the one that the text is) which need not be written again, found by one
 * look at each byte: a third of what JSON.stringify costs. Looked for is whatever JSON.stringify would
 * change: white space, needless escapes, other spellings of a number, keys that an object sorts to its front.
 * The text (UTF-8, `length` bytes) need not be JSON; then the answer means nothing.
 *
 * Undefined where going on is not worth it, because there is white space inside of objects, or where there is
 * a number that a plain JSON.parse would alter.
 */
export function canonicalSpans(bytes: Buffer, length: number): readonly CanonicalSpan[] | undefined {
  const spans: CanonicalSpan[] = []
  let at = 0
  while (bytes[at]! <= SPACE && at < length) at++
  const base = bytes[at] === OPEN_BRACKET ? 1 : 0
  let depth = 0
  let index = 0
  let from = 0
  let keys = 0
  let isCanonical = false
  while (at < length) {
    const byte = bytes[at]!
    if (byte === QUOTE) {
      // Written out here, where most of the time goes: most strings are short and have no backslash.
      const text = ++at
      let inside = bytes[at]!
      while (inside !== QUOTE && inside !== BACKSLASH) inside = bytes[++at]!
      if (inside === BACKSLASH) {
        const end = escapedStringEnd(bytes, at)
        if (end < 0) isCanonical = false
        at = Math.abs(end)
      } else at++
      if (bytes[at] === COLON) {
        at++
        keys++
        if (isOddKey(bytes, text)) isCanonical = false
      }
    } else if (byte === MINUS || isDigit(byte)) {
      const end = plainNumberEnd(bytes, at) || closerNumberEnd(bytes, at)
      if (end === 0) return undefined
      if (end < 0) isCanonical = false
      at = Math.abs(end)
    } else {
      at++
      if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
        if (depth === base) {
          from = at - 1
          keys = 0
          isCanonical = byte === OPEN_BRACE
        }
        if (++depth > MAX_DEPTH) isCanonical = false
      } else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) {
        if (--depth === base && isCanonical) spans.push({ index, from, to: at, keys })
      } else if (byte === COMMA) {
        if (depth === base) index++
      } else if (byte <= SPACE && depth > base) return undefined
    }
  }
  return spans
}

/**
 * Which byte follows a string that has its first backslash at `at`; negative where JSON.stringify would write
 * it otherwise.
 */
function escapedStringEnd(bytes: Buffer, at: number): number {
  let isCanonical = true
  let byte = bytes[at]!
  while (byte !== QUOTE) {
    if (byte === BACKSLASH && !SHORT_ESCAPES.includes(bytes[++at]!)) isCanonical = false
    byte = bytes[++at]!
  }
  return isCanonical ? at + 1 : -at - 1
}

/** A key that may be an index, which an object puts before its other keys, or `__proto__`. */
function isOddKey(bytes: Buffer, at: number): boolean {
  return isDigit(bytes[at]!) || (bytes[at] === UNDERSCORE && bytes[at + 1] === UNDERSCORE)
}

/**
 * Which byte follows a number that is surely written as JSON.stringify would write it; 0 where that takes a
 * closer look. A decimal of at most 15 digits comes out of a double as it went in (IEEE 754: DBL_DIG).
 */
function plainNumberEnd(bytes: Buffer, from: number): number {
  const start = bytes[from] === MINUS ? from + 1 : from
  let at = start
  while (isDigit(bytes[at]!)) at++
  if (bytes[at] === POINT) {
    const fraction = ++at
    while (isDigit(bytes[at]!)) at++
    // 0.000001 is the smallest that is written without an exponent.
    const isSmall = bytes[start] === ZERO && bytes[fraction] === ZERO && bytes[fraction + 1] === ZERO
    if (isSmall || bytes[at - 1] === ZERO) return 0
  } else if (bytes[start] === ZERO && start > from) return 0
  return at - from > 15 || bytes[at] === LOWER_E || bytes[at] === UPPER_E ? 0 : at
}

/**
 * The same of any number, negative where JSON.stringify would write it otherwise; 0 for one that a double
 * alters.
 */
function closerNumberEnd(bytes: Buffer, from: number): number {
  let to = from + 1
  while (NUMBER_BYTES.includes(bytes[to]!)) to++
  const text = bytes.toString('latin1', from, to)
  const value = Number(text)
  if (isAltered(text, value)) return 0
  return String(value) === text ? to : -to
}
