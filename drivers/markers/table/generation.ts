import { TributaryError } from '../../../core/errors.ts'
import { ABSENT, DUPLICATE, ENTRY_WORDS, type Finding } from './entry.ts'
import {
  addToBlock,
  blockHas,
  blockOf,
  createFilter,
  FILTER_BLOCK_BYTES,
  FILTER_BLOCK_WORDS,
  type Filter,
  filterBytesFor,
} from './filter.ts'
import { filterPath } from './folder.ts'
import type { Journal } from './journal.ts'
import { openPagedFile, PAGE_BYTES, type PagedFile, readPage, writePagedFile } from './paged-file.ts'
import { findInSlots, type Slots } from './slots.ts'
import { findInSpilled, type SpilledTable } from './spilled.ts'

/** A table in memory: the current one, or one that is frozen and waits for the disk. */
export type LiveTable = {
  readonly kind: 'live'
  readonly number: number
  readonly slots: Slots
  readonly journal: Journal
}

/** Consecutive tables under one filter, so that a new id costs one filter test for all of them. */
export type Generation = {
  readonly number: number
  /** Frozen and spilled tables, newest first; the current table is not among them. */
  tables: (LiveTable | SpilledTable)[]
  /** Every key of the tables and of the current one; undefined when it was moved to disk to save memory. */
  filter: Filter | undefined
  /** The filter on disk, open when `filter` is undefined. */
  file: PagedFile | undefined
}

/** Tables a generation. A constant, because file numbers depend on it. */
export const TABLES_PER_GENERATION = 8

const PAGE_BLOCKS = PAGE_BYTES / FILTER_BLOCK_BYTES

export const generationOf = (table: number): number => Math.floor(table / TABLES_PER_GENERATION)

/** A generation whose tables hold `capacity` entries each. */
export function createGeneration(number: number, capacity: number): Generation {
  return { number, tables: [], filter: createFilter(capacity * TABLES_PER_GENERATION), file: undefined }
}

/** Bytes of a filter for a generation of such tables. */
export function generationFilterBytes(capacity: number): number {
  return filterBytesFor(capacity * TABLES_PER_GENERATION)
}

/** Latest epoch of an entry of a table, ms since 1970. */
export function newestOf(table: LiveTable | SpilledTable): number {
  return table.kind === 'live' ? table.slots.newest : table.newest
}

/** Looks the key of `entry`, claimed in `epoch`, up in all tables; `reach` is the horizon in ms. */
export function findInGeneration(
  generation: Generation,
  entry: Int32Array,
  epoch: number,
  reach: number,
): Finding {
  const { tables } = generation
  if (tables.length === 0 || !mayHold(generation, entry)) return ABSENT
  let finding: Finding = ABSENT
  for (const table of tables) {
    if (epoch - newestOf(table) > reach) continue
    const found =
      table.kind === 'live' ? findInSlots(table.slots, entry, reach) : findInSpilled(table, entry, reach)
    if (found >= DUPLICATE) return found
    if (found > finding) finding = found
  }
  return finding
}

function mayHold({ filter, file }: Generation, entry: Int32Array): boolean {
  if (filter !== undefined) {
    return blockHas(filter, blockOf(entry, 0, filter.length / FILTER_BLOCK_WORDS) * FILTER_BLOCK_WORDS, entry)
  }
  if (file === undefined) return true
  const block = blockOf(entry, 0, file.bodyBytes / FILTER_BLOCK_BYTES)
  const page = readPage(file, Math.floor(block / PAGE_BLOCKS))
  return blockHas(page, (block % PAGE_BLOCKS) * FILTER_BLOCK_WORDS, entry)
}

// What is read only to be in the cache goes here, or the compiler would leave the reads out.
const touched = new Int32Array(1)

/** Reads the blocks of the entries before word `to`, for the reason `touchSlots` gives. */
export function touchFilter(filter: Filter, entries: Int32Array, to: number): void {
  const blocks = filter.length / FILTER_BLOCK_WORDS
  for (let at = 0; at < to; at += ENTRY_WORDS) {
    touched[0]! ^= filter[blockOf(entries, at, blocks) * FILTER_BLOCK_WORDS]!
  }
}

/** Adds the key of the entry at word `at` of `entries`. */
export function addToFilter(filter: Filter, entries: Int32Array, at = 0): void {
  const block = blockOf(entries, at, filter.length / FILTER_BLOCK_WORDS)
  addToBlock(filter, block * FILTER_BLOCK_WORDS, entries, at)
}

/** Adds every entry of an array of slots; empty ones have word 0 zero. */
export function addAllToFilter(filter: Filter, words: Int32Array): void {
  for (let at = 0; at < words.length; at += ENTRY_WORDS) if (words[at] !== 0) addToFilter(filter, words, at)
}

/** Bytes of memory the filters of these generations take. */
export function filterBytes(generations: readonly Generation[]): number {
  return generations.reduce((sum, { filter }) => sum + (filter?.byteLength ?? 0), 0)
}

/** Writes the filter, which holds every key of the tables up to number `through`. */
export async function saveFilter(
  folder: string,
  { number, filter }: Generation,
  through: number,
): Promise<void> {
  if (filter === undefined) return
  await writePagedFile(filterPath(folder, number), filter, { number, through })
}

/** A filter on disk: it holds every key of its generation's tables up to number `through`. */
export type StoredFilter = { readonly file: PagedFile; readonly through: number }

/** Opens the filter of a generation on disk. Throws `corrupt_data` naming the file. */
export function openFilter(folder: string, number: number): StoredFilter {
  const file = openPagedFile(filterPath(folder, number))
  const { through, number: written } = file.meta
  if (written === number && through !== undefined) return { file, through }
  throw new TributaryError('corrupt_data', `${file.path} is not filter ${number}`)
}
