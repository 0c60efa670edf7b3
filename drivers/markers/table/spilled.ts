import { TributaryError } from '../../../core/errors.ts'
import { ABSENT, DUPLICATE, ENTRY_BYTES, ENTRY_WORDS, type Finding, judge, sameKey } from './entry.ts'
import { tablePath } from './folder.ts'
import { openPagedFile, PAGE_BYTES, type PagedFile, readPage, writePagedFile } from './paged-file.ts'
import type { Slots } from './slots.ts'

/**
 * A table on disk: the slots of a full one as they were in memory, looked up by reading the page of a slot.
 */
export type SpilledTable = {
  readonly kind: 'spilled'
  readonly number: number
  readonly file: PagedFile
  /** Number of slots (a power of two) minus one. */
  readonly mask: number
  readonly count: number
  /** Latest epoch of an entry, ms since 1970. */
  readonly newest: number
}

const PAGE_SLOTS = PAGE_BYTES / ENTRY_BYTES

/** Writes a table that changes no more; durable when it resolves. */
export async function writeSpilledTable(folder: string, number: number, slots: Slots): Promise<void> {
  const { count, newest } = slots
  await writePagedFile(tablePath(folder, number), slots.words, { number, count, newest })
}

/** Throws `corrupt_data` naming the file. */
export function openSpilledTable(folder: string, number: number): SpilledTable {
  const file = openPagedFile(tablePath(folder, number))
  const { count, newest, number: written } = file.meta
  if (written !== number || count === undefined || newest === undefined) {
    throw new TributaryError('corrupt_data', `${file.path} is not table ${number}`)
  }
  return { kind: 'spilled', number, file, mask: file.bodyBytes / ENTRY_BYTES - 1, count, newest }
}

/**
 * Looks the key of `entry` up; `reach` is the horizon in ms. One read for nearly all keys, each about a
 * microsecond.
 */
export function findInSpilled(table: SpilledTable, entry: Int32Array, reach: number): Finding {
  let finding: Finding = ABSENT
  let slot = entry[1]! & table.mask
  for (;;) {
    const page = readPage(table.file, Math.floor(slot / PAGE_SLOTS))
    for (let at = (slot % PAGE_SLOTS) * ENTRY_WORDS; at < page.length; at += ENTRY_WORDS) {
      if (page[at] === 0) return finding
      if (!sameKey(page, at, entry)) continue
      const found = judge(page, at, entry, reach)
      if (found >= DUPLICATE) return found
      if (found > finding) finding = found
    }
    slot = (slot - (slot % PAGE_SLOTS) + PAGE_SLOTS) & table.mask
  }
}
