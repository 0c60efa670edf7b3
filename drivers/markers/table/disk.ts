import { rm } from 'node:fs/promises'
import { syncFolder } from '../../files/durable.ts'
import { filterPath, tablePath } from './folder.ts'
import {
  filterBytes,
  type Generation,
  generationOf,
  type LiveTable,
  newestOf,
  openFilter,
  saveFilter,
} from './generation.ts'
import { appendToJournal, closeJournal, removeJournal } from './journal.ts'
import { closePagedFile } from './paged-file.ts'
import { openSpilledTable, writeSpilledTable } from './spilled.ts'
import { noteDurable, oldestTable, type TableState } from './state.ts'

/**
 * Epochs that a table outlives the horizon. Epochs are assigned by several ingest processes, so the stream
 * carries them a little out of order; a claim up to this much late is still judged exactly.
 */
const LATENESS_EPOCHS = 1

/** Spills the frozen tables up to number `through`, oldest first. After a failure the same call goes on. */
export async function spillThrough(state: TableState, through: number): Promise<void> {
  for (let table = state.frozen[0]; table !== undefined && table.number <= through; table = state.frozen[0]) {
    await spill(state, table)
    state.frozen.shift()
    evictFilters(state)
  }
}

/**
 * The table becomes visible before its filter: `openTableState` adds what the filter on disk lacks. The
 * journal goes last, so that the entries are never without a durable place.
 */
async function spill(state: TableState, table: LiveTable): Promise<void> {
  const { folder, generations } = state
  const generation = generations.find(({ number }) => number === generationOf(table.number))!
  await writeSpilledTable(folder, table.number, table.slots)
  await saveFilter(folder, generation, table.number)
  await removeJournal(table.journal)
  const spilled = openSpilledTable(folder, table.number)
  generation.tables = generation.tables.map(each => (each === table ? spilled : each))
}

/** Makes the first `count` entries of `table`, and every table before it, durable. */
export async function persist(state: TableState, table: LiveTable, count: number): Promise<void> {
  await spillThrough(state, table.number - 1)
  const live = table === state.current || state.frozen.includes(table)
  if (live) await appendToJournal(table.journal, table.slots, count)
  state.persisted = { number: table.number, length: table.journal.length }
  noteDurable(state, oldestTable(state))
}

/**
 * Moves the filters of the oldest complete generations to disk until the others fit the memory they may use.
 */
export function evictFilters(state: TableState): void {
  let bytes = filterBytes(state.generations)
  for (const generation of state.generations.slice(1).reverse()) {
    if (bytes <= state.filterMemoryBytes) return
    if (generation.filter === undefined || generation.tables.some(({ kind }) => kind === 'live')) continue
    bytes -= generation.filter.byteLength
    generation.file = openFilter(state.folder, generation.number).file
    generation.filter = undefined
  }
}

/**
 * Deletes the tables, oldest first, whose claims no longer count for any claim in an epoch from `floor` on.
 * Only a prefix goes, so that a number is never given to a second table while a filter still speaks of the
 * first.
 */
export async function retire(state: TableState, floor: number): Promise<void> {
  const reach = state.reach + LATENESS_EPOCHS * state.epochLength
  let removed = false
  for (const generation of [...state.generations].reverse()) {
    for (let table = generation.tables.at(-1); table !== undefined; table = generation.tables.at(-1)) {
      if (table.kind === 'live' || floor - newestOf(table) <= reach) break
      generation.tables.pop()
      // Before the file goes: a mark may ask for less than there is, never for more.
      noteDurable(state, table.number + 1)
      closePagedFile(table.file)
      await rm(tablePath(state.folder, table.number), { force: true })
      removed = true
    }
    if (generation.tables.length > 0 || generation === state.generations[0]) break
    await removeGeneration(state, generation)
  }
  if (removed) await syncFolder(state.folder)
}

async function removeGeneration(state: TableState, generation: Generation): Promise<void> {
  state.generations = state.generations.filter(each => each !== generation)
  if (generation.file !== undefined) closePagedFile(generation.file)
  await rm(filterPath(state.folder, generation.number), { force: true })
}

/** Closes every file; nothing is written. */
export async function closeFiles(state: TableState): Promise<void> {
  for (const { file, tables } of state.generations) {
    if (file !== undefined) closePagedFile(file)
    for (const table of tables) if (table.kind === 'spilled') closePagedFile(table.file)
  }
  for (const table of [...state.frozen, state.current]) await closeJournal(table.journal)
  state.mark.close()
}
