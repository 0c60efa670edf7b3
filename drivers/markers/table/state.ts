import type { Mark } from '../../files/mark.ts'
import type { FingerprintKeys } from './fingerprint.ts'
import { journalPath } from './folder.ts'
import { createGeneration, type Generation, generationOf, type LiveTable } from './generation.ts'
import { createJournal } from './journal.ts'
import { createSlots, slotBytes } from './slots.ts'

/**
 * Everything a marker table knows. Look-ups read it, only `claim` and the disk jobs of its owner change it.
 */
export type TableState = {
  readonly folder: string
  /** Age in ms up to which a claim holds: the horizon. */
  readonly reach: number
  /** Milliseconds. */
  readonly epochLength: number
  /** Entries a table. */
  readonly capacity: number
  readonly filterMemoryBytes: number
  readonly keys: FingerprintKeys
  /** Tells the folder's key from others. */
  readonly key: number
  /** Says what is durable. */
  readonly mark: Mark
  /** Takes the new claims. */
  current: LiveTable
  /** Full tables that wait for the disk, oldest first; they are also in their generation. */
  readonly frozen: LiveTable[]
  /** Newest first; the first is the one of the current table. */
  generations: Generation[]
  /** The newest table that is durable as far as its journal had this length. */
  persisted: { readonly number: number; readonly length: number }
  /** Latest epoch ever claimed, ms since 1970. */
  newest: number
}

/** Notes what is durable now: `oldest` is the first table that has to be there. */
export function noteDurable(state: TableState, oldest: number): void {
  const { number, length } = state.persisted
  state.mark.write(oldest, number, length)
}

/** The number of the oldest table. */
export function oldestTable({ current, generations }: TableState): number {
  return Math.min(current.number, ...generations.flatMap(({ tables }) => tables.map(table => table.number)))
}

/** How many frozen tables may wait for the disk before claims do. */
export const MAX_FROZEN = 2

export function createLiveTable(folder: string, number: number, capacity: number): LiveTable {
  return {
    kind: 'live',
    number,
    slots: createSlots(capacity),
    journal: createJournal(journalPath(folder, number)),
  }
}

/** Sets the current table aside for the disk and starts an empty one: no copy, so nothing waits. */
export function freeze(state: TableState): void {
  const { current, generations } = state
  state.frozen.push(current)
  generations[0]!.tables.unshift(current)
  state.current = createLiveTable(state.folder, current.number + 1, state.capacity)
  const generation = generationOf(state.current.number)
  if (generation !== generations[0]!.number) generations.unshift(createGeneration(generation, state.capacity))
}

/** Sizes of a marker table. */
export type TableStats = {
  /** Claims that are remembered, expired ones that were not removed yet included. */
  readonly entries: number
  readonly spilledTables: number
  /** Tables, filters and checksums in memory. */
  readonly memoryBytes: number
}

export function statsOf({ current, generations }: TableState): TableStats {
  const tables = [current, ...generations.flatMap(generation => generation.tables)]
  const spilled = tables.filter(table => table.kind === 'spilled')
  const live = tables.filter(table => table.kind === 'live')
  const files = [...spilled, ...generations].flatMap(({ file }) => file ?? [])
  return {
    entries: sum(spilled, table => table.count) + sum(live, table => table.slots.count),
    spilledTables: spilled.length,
    memoryBytes:
      sum(live, table => slotBytes(table.slots)) +
      sum(generations, generation => generation.filter?.byteLength ?? 0) +
      sum(files, file => file.checksums.byteLength),
  }
}

function sum<T>(items: readonly T[], value: (item: T) => number): number {
  return items.reduce((total, item) => total + value(item), 0)
}
