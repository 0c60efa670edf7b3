import { POWERS_OF_TEN } from '../data/decimal.ts'
import {
  BACKSLASH,
  isDigit,
  LOWER_E,
  LOWER_F,
  LOWER_N,
  LOWER_T,
  MINUS,
  NUMBER_BYTES,
  POINT,
  QUOTE,
  SHORT_ESCAPES,
  SPACE,
  UPPER_E,
  ZERO,
} from './json-bytes.ts'

/** The text of a range of bytes. */
export type Slice = (from: number, to: number) => string

export type Scalars = Record<string, unknown>

/**
 * Reads the string, number, boolean or null that begins at `at` into `owner[key]`, which has the value of
 * `sample` where that is a text, and says where it ends; −1 where none begins there, or none that is written
 * as JSON.stringify would write it. What JSON.parse would make of it is what there is then.
 *
 * @param sample UTF-8 of the text that is there already, so that it is not made anew
 */
export function readScalar(
  bytes: Uint8Array,
  at: number,
  slice: Slice,
  owner: Scalars,
  key: string,
  sample: Uint8Array | undefined,
): number {
  const byte = bytes[at]!
  if (byte === QUOTE) return readText(bytes, at, slice, owner, key, sample)
  if (byte === MINUS || isDigit(byte)) return readNumber(bytes, at, slice, owner, key)
  if (byte === LOWER_T) return readWord(bytes, at, TRUE, owner, key, true)
  if (byte === LOWER_F) return readWord(bytes, at, FALSE, owner, key, false)
  return byte === LOWER_N ? readWord(bytes, at, NULL, owner, key, null) : -1
}

/** Place after a literal that stands at `at`; −1 where it does not. */
export function afterLiteral(bytes: Uint8Array, at: number, literal: Uint8Array): number {
  for (let i = 0; i < literal.length; i++) if (bytes[at + i] !== literal[i]) return -1
  return at + literal.length
}

const TRUE = Buffer.from('true')
const FALSE = Buffer.from('false')
const NULL = Buffer.from('null')

function readWord(
  bytes: Uint8Array,
  at: number,
  word: Uint8Array,
  owner: Scalars,
  key: string,
  value: boolean | null,
): number {
  owner[key] = value
  return afterLiteral(bytes, at, word)
}

function readText(
  bytes: Uint8Array,
  at: number,
  slice: Slice,
  owner: Scalars,
  key: string,
  sample: Uint8Array | undefined,
): number {
  const from = at + 1
  let to = from
  let byte = bytes[to]!
  while (byte !== QUOTE && byte !== BACKSLASH && byte >= SPACE) byte = bytes[++to]!
  if (byte === BACKSLASH) return readEscapedText(bytes, at, to, slice, owner, key)
  if (byte !== QUOTE) return -1
  if (sample === undefined || !isSame(bytes, from, to, sample)) owner[key] = slice(from, to)
  return to + 1
}

/** From the end: ids often begin alike. */
function isSame(bytes: Uint8Array, from: number, to: number, other: Uint8Array): boolean {
  if (to - from !== other.length) return false
  for (let i = other.length - 1; i >= 0; i--) if (bytes[from + i] !== other[i]) return false
  return true
}

function readEscapedText(
  bytes: Uint8Array,
  at: number,
  firstEscape: number,
  slice: Slice,
  owner: Scalars,
  key: string,
): number {
  let to = firstEscape
  for (let byte = bytes[to]!; byte !== QUOTE; byte = bytes[++to]!)
    if (byte < SPACE || (byte === BACKSLASH && !SHORT_ESCAPES.includes(bytes[++to]!))) return -1
  owner[key] = JSON.parse(slice(at, to + 1))
  return to + 1
}

/**
 * A decimal of at most 15 digits is a whole number and a power of ten that doubles hold, so that their
 * quotient is rounded once, as parsing it rounds (IEEE 754); and it is the shortest text of that double.
 */
function readNumber(bytes: Uint8Array, at: number, slice: Slice, owner: Scalars, key: string): number {
  const from = bytes[at] === MINUS ? at + 1 : at
  let to = from
  let digits = 0
  while (isDigit(bytes[to]!)) digits = digits * 10 + bytes[to++]! - ZERO
  const point = to
  if (bytes[to] === POINT) {
    to++
    while (isDigit(bytes[to]!)) digits = digits * 10 + bytes[to++]! - ZERO
  }
  const value = to === point ? digits : digits / POWERS_OF_TEN[to - point - 1]!
  if (to - at > 15 || !isPlain(bytes, from, point, to, value) || (value === 0 && from > at))
    return readOddNumber(bytes, at, slice, owner, key)
  owner[key] = from === at ? value : -value
  return to
}

/** Written with neither exponent nor needless zeros, and not smaller than what is written so. */
function isPlain(bytes: Uint8Array, from: number, point: number, to: number, value: number): boolean {
  if (bytes[to] === LOWER_E || bytes[to] === UPPER_E) return false
  if (point === from || (bytes[from] === ZERO && point > from + 1)) return false
  return to === point || (to > point + 1 && bytes[to - 1] !== ZERO && value >= SMALLEST_PLAIN)
}

const SMALLEST_PLAIN = 1e-6

function readOddNumber(bytes: Uint8Array, at: number, slice: Slice, owner: Scalars, key: string): number {
  let to = at + 1
  while (NUMBER_BYTES.includes(bytes[to]!)) to++
  const text = slice(at, to)
  const value = Number(text)
  if (String(value) !== text || (Number.isInteger(value) && !Number.isSafeInteger(value))) return -1
  owner[key] = value
  return to
}
