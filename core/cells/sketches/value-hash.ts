import { hash } from 'node:crypto'

/** Bits of a value's hash: what a double, and an integer of any engine beside a rank, has room for. */
export const HASH_BITS = 52

/** What is taken from a hash for an index: hashes are below 0, in their own order, registers from 0 on. */
export const HASH_OFFSET = 2 ** HASH_BITS

/** Values whose hash is remembered, so that a value seen often is hashed once. */
const REMEMBERED = 65_536

let recent = new Map<string | number, number>()
let older = new Map<string | number, number>()

/**
 * The first 52 bits of the MD5 of a value's text (a number's is its decimal digits). MD5 because every engine
 * has it with equal bytes; this is hashing, not security.
 */
export function hashOf(value: string | number): number {
  const known = recent.get(value)
  if (known !== undefined) return known
  const made = older.get(value) ?? Number.parseInt(hash('md5', String(value), 'hex').slice(0, 13), 16)
  if (recent.size >= REMEMBERED) {
    older = recent
    recent = new Map()
  }
  recent.set(value, made)
  return made
}
