import { rankOf } from '../hyperloglog.ts'
import type { Vector } from '../vector.ts'
import { HASH_OFFSET } from './value-hash.ts'

/** Hexadecimal digits of a hash. */
export const HASH_DIGITS = 13
const STEP = HASH_DIGITS + 1

/**
 * Canonical text of a set of hashes: 13 upper-case hexadecimal digits each, in order, one space between them.
 * Written byte by byte: a number's decimal digits take ten times as long.
 */
export function formatHashes(set: Vector): string {
  const bytes = Buffer.alloc((set.length / 2) * STEP - 1, ' ')
  for (let i = 0, at = 0; i < set.length; i += 2, at += STEP) {
    const hash = set[i]! + HASH_OFFSET
    const low = hash >>> 0
    writeDigits(bytes, at, (hash - low) / UPPER, 5)
    writeDigits(bytes, at + 5, low, 8)
  }
  return bytes.toString('latin1')
}

/** Reads what `formatHashes`, or the batch layer's SQL, wrote. */
export function parseHashes(text: string): Vector {
  const set: Vector = []
  for (let at = 0; at < text.length; at += STEP) {
    const hash = readDigits(text, at, 5) * UPPER + (readDigits(text, at + 5, 8) >>> 0)
    set.push(hash - HASH_OFFSET, rankOf(hash))
  }
  return set
}

const UPPER = 2 ** 32
const [ZERO, NINE, TO_LETTERS] = [48, 57, 55]

function writeDigits(bytes: Buffer, from: number, value: number, count: number): void {
  for (let at = from + count - 1, rest = value; at >= from; at--, rest >>>= 4) {
    const digit = rest & 15
    bytes[at] = digit < 10 ? ZERO + digit : TO_LETTERS + digit
  }
}

function readDigits(text: string, from: number, count: number): number {
  let value = 0
  for (let at = from; at < from + count; at++) {
    const code = text.charCodeAt(at)
    value = (value << 4) | (code <= NINE ? code - ZERO : code - TO_LETTERS)
  }
  return value
}
