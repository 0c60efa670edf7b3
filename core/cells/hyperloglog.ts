import { hash } from 'node:crypto'
import { touch, type Vector } from './vector.ts'

/** Index bits. 2^12 registers give a standard error of 1.04/√4096 = 1.6 % (Flajolet et al. 2007). */
export const INDEX_BITS = 12
/** Bits after the index that a rank is taken from; ranks are 1 … 53. */
export const RANK_BITS = 52

const REGISTERS = 2 ** INDEX_BITS
/** Values whose register is remembered, so that a value seen often is hashed once. */
const REMEMBERED = 65_536

let recent = new Map<string | number, number>()
let older = new Map<string | number, number>()

/**
 * The register and rank of a value's text (a number's is its decimal digits): the first 3 hex digits of its
 * MD5 and the number of leading zero bits in the next 13, plus one. MD5 because every engine has it with
 * equal bytes; this is hashing, not security.
 */
function registerOf(value: string | number): number {
  const known = recent.get(value)
  if (known !== undefined) return known
  const packed = older.get(value) ?? computeRegister(String(value))
  if (recent.size >= REMEMBERED) {
    older = recent
    recent = new Map()
  }
  recent.set(value, packed)
  return packed
}

function computeRegister(text: string): number {
  const hex = hash('md5', text, 'hex')
  const index = Number.parseInt(hex.slice(0, 3), 16)
  const high = Number.parseInt(hex.slice(3, 8), 16)
  const low = Number.parseInt(hex.slice(8, 16), 16)
  const zeros = high === 0 ? 20 + Math.clz32(low) : Math.clz32(high) - 12
  return index * 64 + zeros + 1
}

/** Counts a value in, by its text; a safe integer may stand for its own. */
export function addDistinct(registers: Vector, value: string | number): void {
  const packed = registerOf(value)
  touch(registers, Math.floor(packed / 64), packed % 64, 'max')
}

/**
 * The estimated number of distinct values, by Ertl's improved raw estimator (2017, "New cardinality
 * estimation algorithms for HyperLogLog sketches", algorithm 6): no bias correction tables, right from 0 on.
 */
export function estimateDistinct(registers: Vector): number {
  const counts = new Array<number>(RANK_BITS + 2).fill(0)
  counts[0] = REGISTERS - registers.length / 2
  for (let i = 1; i < registers.length; i += 2) counts[registers[i]!]! += 1
  let z = REGISTERS * tau(1 - counts[RANK_BITS + 1]! / REGISTERS)
  for (let k = RANK_BITS; k >= 1; k--) z = 0.5 * (z + counts[k]!)
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
