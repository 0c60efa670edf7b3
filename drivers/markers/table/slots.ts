import { ABSENT, DUPLICATE, ENTRY_WORDS, epochAt, type Finding, judge, sameKey } from './entry.ts'

/** An open-addressing hash table of entries in memory: linear probing from word 1 of the fingerprint. */
export type Slots = {
  readonly words: Int32Array
  /** Number of slots (a power of two) minus one. */
  readonly mask: number
  /** Slot of each entry in the order they were claimed: what the journal still has to write is its tail. */
  readonly order: Int32Array
  readonly capacity: number
  count: number
  /** Latest epoch of an entry, ms since 1970; −1 when empty. */
  newest: number
}

// Linear probing at load 0.75 looks at 8.5 slots for an absent key on average (Knuth, TAOCP 3, 6.4), about
// four cache lines that the processor fetches ahead.
const MAX_LOAD = 0.75

const LOOKAHEAD_WORDS = 32 * ENTRY_WORDS

/** An empty table for `capacity` entries. The pages of its arrays are only touched as they fill. */
export function createSlots(capacity: number): Slots {
  const slots = 2 ** Math.ceil(Math.log2(capacity / MAX_LOAD))
  return {
    words: new Int32Array(slots * ENTRY_WORDS),
    mask: slots - 1,
    order: new Int32Array(capacity),
    capacity,
    count: 0,
    newest: -1,
  }
}

// What is read only to be in the cache goes here, or the compiler would leave the reads out.
const touched = new Int32Array(1)

/**
 * Reads the slots where the look-ups of the entries from word `from` to before word `to` begin: the processor
 * then waits for all those cache lines at once instead of for one after the other.
 */
export function touchSlots({ words, mask }: Slots, entries: Int32Array, from: number, to: number): void {
  for (let at = from; at < to; at += ENTRY_WORDS) {
    touched[0]! ^= words[(entries[at + 1]! & mask) * ENTRY_WORDS]!
  }
}

/** Looks the key of `entry` up; `reach` is the horizon in ms. */
export function findInSlots(slots: Slots, entry: Int32Array, reach: number): Finding {
  const { words, mask } = slots
  let finding: Finding = ABSENT
  for (let slot = entry[1]! & mask; words[slot * ENTRY_WORDS] !== 0; slot = (slot + 1) & mask) {
    if (!sameKey(words, slot * ENTRY_WORDS, entry)) continue
    const found = judge(words, slot * ENTRY_WORDS, entry, reach)
    if (found >= DUPLICATE) return found
    if (found > finding) finding = found
  }
  return finding
}

/**
 * Adds the entry at word `at` of `entries`. The caller has looked for the key and for room (`count <
 * capacity`). An expired entry of the same key stays where it is: a replay of the log may ask for it.
 */
export function insert(slots: Slots, entries: Int32Array, at: number): void {
  const { words, mask } = slots
  let slot = entries[at + 1]! & mask
  while (words[slot * ENTRY_WORDS] !== 0) slot = (slot + 1) & mask
  for (let i = 0; i < ENTRY_WORDS; i++) words[slot * ENTRY_WORDS + i] = entries[at + i]!
  slots.order[slots.count++] = slot
  const epoch = epochAt(entries, at)
  if (epoch > slots.newest) slots.newest = epoch
}

/** Adds all entries of an array. */
export function insertAll(slots: Slots, entries: Int32Array): void {
  for (let from = 0; from < entries.length; from += LOOKAHEAD_WORDS) {
    const to = Math.min(entries.length, from + LOOKAHEAD_WORDS)
    touchSlots(slots, entries, from, to)
    for (let at = from; at < to; at += ENTRY_WORDS) insert(slots, entries, at)
  }
}

/** Copies the entries claimed from the `from`-th to before the `to`-th into `target`, as they are. */
export function copyEntries(slots: Slots, from: number, to: number, target: Int32Array): void {
  for (let i = from; i < to; i++) {
    const at = slots.order[i]! * ENTRY_WORDS
    const put = (i - from) * ENTRY_WORDS
    for (let word = 0; word < ENTRY_WORDS; word++) target[put + word] = slots.words[at + word]!
  }
}

export function slotBytes(slots: Slots): number {
  return slots.words.byteLength + slots.order.byteLength
}
