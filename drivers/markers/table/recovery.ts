import { rm } from 'node:fs/promises'
import { crc32 } from 'node:zlib'
import { damaged } from '../../files/checked-text.ts'
import { Mark, readMark } from '../../files/mark.ts'
import { evictFilters } from './disk.ts'
import { fingerprintKeys } from './fingerprint.ts'
import {
  type FolderContents,
  filterPath,
  journalPath,
  MARK_NUMBERS,
  markPath,
  readFolder,
  readSecret,
  tablePath,
} from './folder.ts'
import {
  addAllToFilter,
  createGeneration,
  filterBytes,
  type Generation,
  generationFilterBytes,
  generationOf,
  type LiveTable,
  openFilter,
  type StoredFilter,
  saveFilter,
} from './generation.ts'
import { openJournal } from './journal.ts'
import { closePagedFile, readBody } from './paged-file.ts'
import { noteHorizon } from './remembered.ts'
import { createSlots, insertAll } from './slots.ts'
import { openSpilledTable, type SpilledTable } from './spilled.ts'
import { createLiveTable, type TableState } from './state.ts'

export type TableSettings = Pick<
  TableState,
  'folder' | 'reach' | 'epochLength' | 'capacity' | 'filterMemoryBytes'
>

/**
 * Reads what the folder holds into memory: the state at the last checkpoint or a later one. Removes what a
 * crash left over. Throws `corrupt_data` naming the file.
 */
export async function openTableState(settings: TableSettings): Promise<TableState> {
  const { folder } = settings
  const contents = await readFolder(folder)
  const secret = await readSecret(folder, contents)
  const [keys, key] = [fingerprintKeys(secret), crc32(secret)]
  const tables = contents.tables.map(number => openSpilledTable(folder, number)).reverse()
  const current = await openCurrentTable(settings, contents)
  requireAll(folder, contents, current)
  await noteHorizon(folder, settings, (contents.tables[0] ?? current.number) > 0)
  const mark = new Mark(markPath(folder), MARK_NUMBERS)
  const state: TableState = {
    ...settings,
    ...{ keys, key, mark, current, frozen: [], generations: [], newest: -1 },
    persisted: { number: current.number, length: current.journal.length },
  }
  const numbers = new Set([current.number, ...tables.map(table => table.number)].map(generationOf))
  for (const number of [...numbers].sort((a, b) => b - a)) {
    const members = tables.filter(table => generationOf(table.number) === number)
    state.generations.push(await openGeneration(state, contents, number, members))
  }
  for (const number of contents.filters) {
    if (!numbers.has(number)) await rm(filterPath(folder, number))
  }
  addAllToFilter(state.generations[0]!.filter!, current.slots.words)
  state.newest = Math.max(current.slots.newest, ...tables.map(table => table.newest))
  evictFilters(state)
  return state
}

/**
 * The one table that has a journal but no file is the current one; a journal beside its table was about to
 * go.
 */
async function openCurrentTable(settings: TableSettings, contents: FolderContents): Promise<LiveTable> {
  const { folder, capacity } = settings
  const last = contents.tables.at(-1) ?? -1
  for (const number of contents.journals) {
    if (number <= last) await rm(journalPath(folder, number))
  }
  const [number, ...others] = contents.journals.filter(each => each > last)
  if (number === undefined) return createLiveTable(folder, last + 1, capacity)
  if (others.length === 0) return replay(journalPath(folder, number), number, capacity)
  throw damaged(tablePath(folder, number), 'it is not there, though later ones are')
}

/** Every table from the oldest on, and all of the journal that was made durable, must be there. */
function requireAll(folder: string, { tables }: FolderContents, current: LiveTable): void {
  const gap = [...tables, current.number].find((number, i) => number !== (tables[0] ?? current.number) + i)
  if (gap !== undefined) throw damaged(tablePath(folder, gap - 1), 'it is not there, though later ones are')
  const [oldest = 0, last = 0, length = 0] = readMark(markPath(folder), MARK_NUMBERS) ?? []
  if (current.number < last) throw damaged(tablePath(folder, last - 1), 'it is not there')
  if (current.number === last && current.journal.length < length)
    throw damaged(
      journalPath(folder, last),
      `it has ${current.journal.length} of ${length} bytes that were made durable`,
    )
  const first = tables[0] ?? current.number
  if (readMark(markPath(folder), MARK_NUMBERS) !== undefined && first > oldest)
    throw damaged(tablePath(folder, oldest), 'it is not there')
}

async function replay(path: string, number: number, capacity: number): Promise<LiveTable> {
  const { journal, blocks } = await openJournal(path)
  const slots = createSlots(Math.max(capacity, journal.entries))
  for (const block of blocks) insertAll(slots, block)
  return { kind: 'live', number, slots, journal }
}

/** `tables` are the spilled tables of the generation, newest first. */
async function openGeneration(
  state: TableState,
  contents: FolderContents,
  number: number,
  tables: SpilledTable[],
): Promise<Generation> {
  const { folder, capacity } = state
  const stored = contents.filters.includes(number) ? openUsableFilter(state, number, tables) : undefined
  const missing = tables.filter(table => table.number > (stored?.through ?? -1))
  const fits = filterBytes(state.generations) + (stored?.file.bodyBytes ?? 0) <= state.filterMemoryBytes
  const isCurrent = number === generationOf(state.current.number)
  if (stored !== undefined && missing.length === 0 && !fits && !isCurrent) {
    return { number, tables, filter: undefined, file: stored.file }
  }
  const generation: Generation = { ...createGeneration(number, capacity), tables }
  if (stored !== undefined) {
    generation.filter = readBody(stored.file)
    closePagedFile(stored.file)
  }
  for (const table of missing) addAllToFilter(generation.filter!, readBody(table.file))
  if (missing.length > 0) await saveFilter(folder, generation, tables[0]!.number)
  return generation
}

/**
 * The filter on disk, unless it speaks of tables that are gone (their numbers will be given again) or takes
 * new keys but was made for smaller tables than the present setting: then it is built anew from the tables.
 */
function openUsableFilter(
  { folder, capacity, current }: TableState,
  number: number,
  tables: readonly SpilledTable[],
): StoredFilter | undefined {
  const stored = openFilter(folder, number)
  const tooSmall =
    number === generationOf(current.number) && stored.file.bodyBytes < generationFilterBytes(capacity)
  if (!tooSmall && stored.through <= (tables[0]?.number ?? -1)) return stored
  closePagedFile(stored.file)
  return undefined
}
