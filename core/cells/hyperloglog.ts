import { HASH_BITS } from './sketches/value-hash.ts'
import type { Vector } from './vector.ts'

/** Index bits. 2^12 registers give a standard error of 1.04/√4096 = 1.6 % (Flajolet et al. 2007). */
export const INDEX_BITS = 12
/** Bits after the index that a rank is taken from. */
export const RANK_BITS = HASH_BITS - INDEX_BITS
/** The largest rank of any version's registers: an earlier one took 52 bits. */
const MOST_RANK = 53

const REGISTERS = 2 ** INDEX_BITS
const UPPER = 2 ** 32

/** The register that a hash belongs to: its first 12 bits. */
export function registerOf(hash: number): number {
  return Math.floor(hash / 2 ** RANK_BITS)
}

/** Leading zero bits of the other 40, plus one: 1 … 41. */
export function rankOf(hash: number): number {
  // Shifts see 32 bits, so the eight above them are looked at first.
  const low = hash >>> 0
  const high = ((hash - low) / UPPER) & 0xff
  return high === 0 ? 9 + Math.clz32(low) : Math.clz32(high) - 23
}

/**
 * The estimated number of distinct values from registers, by Ertl's improved raw estimator (2017, "New
 * cardinality estimation algorithms for HyperLogLog sketches", algorithm 6): no bias correction tables, right
 * from 0 on.
 */
export function estimateDistinct(registers: Vector): number {
  const counts = new Array<number>(MOST_RANK + 1).fill(0)
  counts[0] = REGISTERS - registers.length / 2
  for (let i = 1; i < registers.length; i += 2) counts[registers[i]!]! += 1
  let z = REGISTERS * tau(1 - counts[MOST_RANK]! / REGISTERS)
  for (let k = MOST_RANK - 1; k >= 1; k--) z = 0.5 * (z + counts[k]!)
  z += REGISTERS * sigma(counts[0]! / REGISTERS)
  return Math.round((REGISTERS * REGISTERS) / (2 * Math.LN2 * z))
}

function sigma(x: number): number {
  if (x === 1) return Infinity
  let [y, z, power] = [1, x, x]
  for (let previous = Number.NaN; z !== previous; y += y) {
    power *= power
    previous = z
    z += power * y
  }
  return z
}

function tau(x: number): number {
  if (x === 0 || x === 1) return 0
  let [y, z, root] = [1, 1 - x, x]
  for (let previous = Number.NaN; z !== previous; ) {
    root = Math.sqrt(root)
    previous = z
    y *= 0.5
    z -= (1 - root) ** 2 * y
  }
  return z / 3
}
