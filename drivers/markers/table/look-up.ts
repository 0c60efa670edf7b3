import { ENTRY_BYTES, ENTRY_WORDS, epochAt, sameKey } from './entry.ts'
import { fingerprint } from './fingerprint.ts'
import { PAGE_BYTES, readPage } from './paged-file.ts'
import type { Slots } from './slots.ts'
import type { SpilledTable } from './spilled.ts'
import type { TableState } from './state.ts'

/** Which place of the stream has claimed an id, in which epoch. */
export type ClaimedPlace = { readonly epoch: number; readonly sequence: number; readonly index: number }

const WORD = 2 ** 32
const SEQUENCE_HIGH = 0x1f_ffff
const PAGE_SLOTS = PAGE_BYTES / ENTRY_BYTES

/** What is remembered of a key, the newest first. Claims nothing. */
export function claimsOfKey(state: TableState, key: string): readonly ClaimedPlace[] {
  const entry = new Int32Array(ENTRY_WORDS)
  fingerprint(state.keys, key, entry, 0)
  const found = [...inSlots(state.current.slots, entry)]
  for (const { tables } of state.generations)
    for (const table of tables)
      found.push(...(table.kind === 'live' ? inSlots(table.slots, entry) : inSpilled(table, entry)))
  return found.sort((a, b) => b.epoch - a.epoch)
}

function* inSlots({ words, mask }: Slots, entry: Int32Array): Generator<ClaimedPlace> {
  for (let slot = entry[1]! & mask; words[slot * ENTRY_WORDS] !== 0; slot = (slot + 1) & mask)
    if (sameKey(words, slot * ENTRY_WORDS, entry)) yield placeAt(words, slot * ENTRY_WORDS)
}

function* inSpilled({ file, mask }: SpilledTable, entry: Int32Array): Generator<ClaimedPlace> {
  for (let slot = entry[1]! & mask; ; ) {
    // Copied: the next page that anybody reads takes its place.
    const page = readPage(file, Math.floor(slot / PAGE_SLOTS)).slice()
    for (let at = (slot % PAGE_SLOTS) * ENTRY_WORDS; at < page.length; at += ENTRY_WORDS) {
      if (page[at] === 0) return
      if (sameKey(page, at, entry)) yield placeAt(page, at)
    }
    slot = (slot - (slot % PAGE_SLOTS) + PAGE_SLOTS) & mask
  }
}

function placeAt(words: Int32Array, at: number): ClaimedPlace {
  return {
    epoch: epochAt(words, at),
    sequence: (words[at + 5]! & SEQUENCE_HIGH) * WORD + (words[at + 4]! >>> 0),
    index: words[at + 7]! >>> 0,
  }
}
