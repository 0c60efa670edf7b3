import { hash } from 'node:crypto'
import { setImmediate as yieldToEvents } from 'node:timers/promises'
import type { GetOptions, RootDatabase, Transaction } from 'lmdb'
import { type CellValues, formatCells, parseCells } from '../../core/cells/cells.ts'
import { type MetricShapes, windowsBetween } from '../../core/declare/metric-kinds.ts'
import { TributaryError } from '../../core/errors.ts'
import { createGathering } from '../../core/fold/rollup.ts'
import type { BatchViews, Boundary } from '../../core/ports/views.ts'
import { checkedValue, readChecked } from '../lmdb/checked-value.ts'

/** A version of a partial; null: the partial does not exist as of that generation. */
type Version = [generation: number, cells: string | null]

/**
 * The newest version and, until the next generation is written, the one before it: readers may still be
 * there.
 */
type Stored = { readonly group: string; readonly versions: readonly Version[] }

type Key = [metric: string, window: number, group: string]

/** First and last window a metric has partials in, so that open ranges can be looked up like closed ones. */
type Range = { readonly first: number; readonly last: number }

/** What messages call the environment. */
const PLACE = 'batch/data.mdb'
/** LMDB keys end at 1,978 bytes; longer groups are kept by their hash. */
const MAX_GROUP = 300
/** Partials looked up one by one rather than by a scan of the range. */
const MAX_LOOKUPS = 10_000
/** Partials read between two turns of the event loop. */
const STRIDE = 5_000

/**
 * The embedded engine of the batch views on LMDB. Any thread may open it on the same environment: the batch
 * worker writes, the API reads. A query reads boundary and partials in one LMDB snapshot.
 */
export function openLmdbBatchViews(root: RootDatabase, shapes: MetricShapes): BatchViews {
  const partials = root.openDB<string, Key>({ name: 'batch-partials', encoding: 'string' })
  const boundaries = root.openDB<string, string>({ name: 'batch-boundaries', encoding: 'string' })
  const ranges = root.openDB<string, string>({ name: 'batch-ranges', encoding: 'string' })
  const read = <T>(key: string | Key, text: string | undefined): T | undefined =>
    text === undefined ? undefined : readChecked<T>(PLACE, key, text)
  const boundaryOf = (metric: string, options?: GetOptions) =>
    read<Boundary>(metric, boundaries.get(metric, options))
  const rangeOf = (metric: string, options?: GetOptions) => read<Range>(metric, ranges.get(metric, options))
  const partialOf = (key: Key, options?: GetOptions) => read<Stored>(key, partials.get(key, options))

  return {
    async boundary(metric) {
      renewSnapshot(root)
      return boundaryOf(metric)
    },

    async query({ metric, from, to, groups, rollup, limit, without }) {
      const { kinds, windowLength } = shapes(metric)
      renewSnapshot(root)
      const transaction = partials.useReadTransaction()
      try {
        const boundary = boundaryOf(metric, { transaction })
        const range = rangeOf(metric, { transaction })
        if (boundary === undefined || range === undefined) return { boundary, partials: [] }
        const first = Math.max(from ?? range.first, range.first)
        const end = Math.min(to ?? range.last + 1, range.last + 1)
        const gathering = createGathering(kinds, rollup, limit, without)
        const add = (window: number, stored: Stored | undefined) => {
          if (stored === undefined) return
          gathering.add(window, stored.group, () => {
            const text = visible(stored, boundary.generation)
            return text === null ? undefined : parseCells(kinds, text)
          })
        }
        const windows = windowsBetween(first, end, windowLength, MAX_LOOKUPS)
        if (groups !== undefined && windows !== undefined && windows.length * groups.length <= MAX_LOOKUPS) {
          for (const window of windows)
            for (const group of groups) add(window, partialOf(keyOf(metric, window, group), { transaction }))
        } else {
          const wanted = groups && new Set(groups)
          let read = 0
          for (const { key, value } of scan(transaction, metric, first, end)) {
            if (wanted === undefined || wanted.has(value.group)) add(key[1], value)
            if (++read % STRIDE === 0) await yieldToEvents()
          }
        }
        return { boundary, partials: gathering.rows() }
      } finally {
        transaction.done()
      }
    },

    async read(metric, keys) {
      const { kinds } = shapes(metric)
      const generation = boundaryOf(metric)?.generation ?? 0
      return keys.map(({ window, group }) => {
        const text = visible(partialOf(keyOf(metric, window, group)), generation)
        return text === null ? undefined : parseCells(kinds, text)
      })
    },

    async write(metric, generation, entries) {
      const { kinds } = shapes(metric)
      const committed = boundaryOf(metric)?.generation ?? 0
      if (generation <= committed)
        throw new TributaryError('conflict', `generation ${generation} of ${metric} is committed already`)
      let last: Promise<unknown> | undefined
      for (const { window, group, cells } of entries) {
        const key = keyOf(metric, window, group)
        const before = visibleVersion(partialOf(key), committed)
        const version: Version = [generation, textOf(kinds, cells)]
        const stored = { group, versions: before === undefined ? [version] : [version, before] }
        last = partials.put(key, checkedValue(key, stored))
      }
      if (entries.length > 0)
        last = ranges.put(metric, checkedValue(metric, widened(rangeOf(metric), entries)))
      await last
    },

    async moveBoundary(metric, boundary) {
      await boundaries.put(metric, checkedValue(metric, boundary))
      await root.flushed
    },
  }

  function scan(transaction: Transaction, metric: string, first: number, end: number) {
    return partials
      .getRange({ start: [metric, first, ''], end: [metric, end, ''], transaction })
      .map(({ key, value }) => ({ key, value: readChecked<Stored>(PLACE, key, value) }))
  }
}

/** Reads everything that the batch views keep. @throws `corrupt_data` naming what is damaged */
export function verifyLmdbBatchViews(root: RootDatabase): void {
  for (const name of ['batch-partials', 'batch-boundaries', 'batch-ranges'])
    for (const { key, value } of root.openDB<string, Key | string>({ name, encoding: 'string' }).getRange())
      readChecked(PLACE, key, value)
}

/**
 * Makes the next read see what any thread has committed by now. Left alone, lmdb-js keeps its snapshot until
 * a timer fires, and on a busy machine an answer of another thread can arrive before: a query would then
 * check the boundary against an old one.
 */
export function renewSnapshot(root: RootDatabase): void {
  // Public at run time, but not in the types of lmdb 3.5.
  ;(root as RootDatabase & { resetReadTxn(): void }).resetReadTxn()
}

function keyOf(metric: string, window: number, group: string): Key {
  return [metric, window, group.length <= MAX_GROUP ? group : `#${hash('sha256', group, 'hex')}`]
}

function textOf(kinds: Parameters<typeof formatCells>[0], cells: CellValues | undefined): string | null {
  return cells === undefined ? null : formatCells(kinds, cells)
}

function visibleVersion(stored: Stored | undefined, generation: number): Version | undefined {
  return stored?.versions.find(([written]) => written <= generation)
}

function visible(stored: Stored | undefined, generation: number): string | null {
  return visibleVersion(stored, generation)?.[1] ?? null
}

function widened(range: Range | undefined, entries: readonly { readonly window: number }[]): Range {
  let { first, last } = range ?? { first: Infinity, last: -Infinity }
  for (const { window } of entries) {
    if (window < first) first = window
    if (window > last) last = window
  }
  return { first, last }
}
