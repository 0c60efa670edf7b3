import { TributaryError } from '../../../core/errors.ts'
import type { Claim } from '../../../core/ports/markers.ts'

/**
 * One claim as it lies in memory, in tables on disk and in the journal: eight 32-bit words, little-endian.
 *
 * Words 0–3: fingerprint (word 0 zero: empty slot). Word 4: sequence, low 32 bits. Word 5: sequence, high 21
 * bits (low end) and epoch, high 11 bits. Word 6: epoch in ms since 1970, low 32 bits. Word 7: index.
 */
export const ENTRY_WORDS = 8
export const ENTRY_BYTES = 4 * ENTRY_WORDS

/** What a search knows so far, from weakest to strongest; `DUPLICATE` and `REDELIVERY` end it. */
export const ABSENT = 0
/**
 * The key was claimed again more than the horizon after the claim at hand, which therefore is a replay of an
 * old record: its own claim may lie further back.
 */
export const CLAIMED_LATER = 1
export const DUPLICATE = 2
export const REDELIVERY = 3
export type Finding = typeof ABSENT | typeof CLAIMED_LATER | typeof DUPLICATE | typeof REDELIVERY

const WORD = 2 ** 32
const SEQUENCE_HIGH = 0x1f_ffff
const EPOCH_SHIFT = 21
const EPOCH_LIMIT = 2 ** 43

/**
 * Writes position and epoch into words 4–7 of the entry at word `at`; `sequence` is the claim's, as a number.
 */
export function writePosition(entries: Int32Array, at: number, claim: Claim, sequence: number): void {
  const { epoch, index } = claim
  if (!(epoch >= 0 && epoch < EPOCH_LIMIT) || !(index >= 0 && index < WORD)) throw unusable(claim)
  entries[at + 4] = sequence
  entries[at + 5] = (sequence / WORD) | ((epoch / WORD) << EPOCH_SHIFT)
  entries[at + 6] = epoch
  entries[at + 7] = index
}

function unusable(claim: Claim): TributaryError {
  return new TributaryError('internal', `no marker can hold epoch ${claim.epoch} and index ${claim.index}`)
}

/** Epoch of the entry that starts at word `at`, ms since 1970. */
export function epochAt(words: Int32Array, at: number): number {
  return (words[at + 5]! >>> EPOCH_SHIFT) * WORD + (words[at + 6]! >>> 0)
}

/** Whether the entry at word `at` has the fingerprint of `entry`. */
export function sameKey(words: Int32Array, at: number, entry: Int32Array): boolean {
  return (
    words[at] === entry[0] &&
    words[at + 1] === entry[1] &&
    words[at + 2] === entry[2] &&
    words[at + 3] === entry[3]
  )
}

/**
 * What an entry of the same key says about the claim `entry`; `reach` is the horizon in ms.
 *
 * Entries of one key are more than `reach` apart, since only an expired key is claimed again. So one within
 * `reach` of the claim on either side settles it.
 */
export function judge(words: Int32Array, at: number, entry: Int32Array, reach: number): Finding {
  const age = epochAt(entry, 0) - epochAt(words, at)
  if (age > reach) return ABSENT
  if (samePosition(words, at, entry)) return REDELIVERY
  return age < -reach ? CLAIMED_LATER : DUPLICATE
}

function samePosition(words: Int32Array, at: number, entry: Int32Array): boolean {
  return (
    words[at + 4] === entry[4] &&
    ((words[at + 5]! ^ entry[5]!) & SEQUENCE_HIGH) === 0 &&
    words[at + 7] === entry[7]
  )
}
