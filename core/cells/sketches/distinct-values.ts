import { estimateDistinct, rankOf, registerOf } from '../hyperloglog.ts'
import { merge, touch, type Vector } from '../vector.ts'
import { HASH_OFFSET, hashOf } from './value-hash.ts'

/** Up to so many different values a cell holds the hash of each, and counts exactly; above, registers. */
export const MOST_HASHES = 256

/**
 * Counts a value in, by its text; a safe integer may stand for its own. Finding the place is a search of at
 * most 256 hashes or 4,096 registers, whatever was counted before.
 */
export function addDistinct(cell: Vector, value: string | number): void {
  const hash = hashOf(value)
  if (!isSet(cell)) {
    touch(cell, registerOf(hash), rankOf(hash), 'max')
    return
  }
  touch(cell, hash - HASH_OFFSET, rankOf(hash), 'max')
  if (!fits(cell)) replace(cell, folded(cell))
}

/**
 * The values of both. Which form it has depends on the values alone: whoever folded early held more than 256
 * of them, and so does everything that those became a part of. Registers of earlier versions, which never
 * held hashes, stay registers.
 */
export function combineDistinct(a: Vector, b: Vector): Vector {
  if (!isSet(a) || !isSet(b)) return merge(folded(a), folded(b), 'max')
  const all = merge(a, b, 'max')
  return fits(all) ? all : folded(all)
}

/** The number of different values: exact up to 256, above it estimated. */
export function countDistinct(cell: Vector): number {
  return isSet(cell) ? cell.length / 2 : estimateDistinct(cell)
}

/** The registers of a cell of either form. */
export function folded(cell: Vector): Vector {
  if (!isSet(cell)) return cell
  const registers: Vector = []
  for (let i = 0; i < cell.length; i += 2) {
    const register = registerOf(cell[i]! + HASH_OFFSET)
    const rank = cell[i + 1]!
    // Hashes are in order, so those of one register follow each other.
    if (registers.at(-2) !== register) registers.push(register, rank)
    else if (registers.at(-1)! < rank) registers[registers.length - 1] = rank
  }
  return registers
}

/** Whether a cell holds hashes. One without values does. */
export function isSet(cell: Vector): boolean {
  return cell.length === 0 || cell[0]! < 0
}

function fits(set: Vector): boolean {
  return set.length <= 2 * MOST_HASHES
}

function replace(cell: Vector, by: Vector): void {
  cell.length = 0
  for (const each of by) cell.push(each)
}
