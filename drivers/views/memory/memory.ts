import { setImmediate as yieldToEvents } from 'node:timers/promises'
import { combineCells } from '../../../core/cells/cells.ts'
import { type MetricShapes, windowsBetween } from '../../../core/declare/metric-kinds.ts'
import { TributaryError } from '../../../core/errors.ts'
import type { Partial, PartialKey, RealTimeViews } from '../../../core/ports/views.ts'
import { cellKey, combined, type EpochIndex, type EpochItems, itemsOf, place } from './epochs.ts'

/** The embedded engine: items in memory. Durability is the checkpoint's business (checkpoint.ts). */
export type MemoryViews = RealTimeViews & {
  readonly index: EpochIndex
  /** Called when an epoch of a metric is forgotten. */
  onDrop: ((metric: string, epoch: number) => void) | undefined
}

/** Windows looked up one by one rather than by a walk over all items of an epoch. */
const MAX_LOOKUPS = 10_000

/** Keys listed as missing from a reconciliation. */
const MAX_UNLISTED = 100

/** Items read between two turns of the event loop by long walks. */
const STRIDE = 5_000

/** Opens the real-time views in memory; one owner thread. */
export function openMemoryViews(shapes: MetricShapes): MemoryViews {
  const index: EpochIndex = new Map()

  const views: MemoryViews = {
    index,
    onDrop: undefined,

    read: async keys =>
      keys.map(({ metric, epoch, id }) => index.get(metric)?.get(epoch)?.byId.get(id)?.item),

    write: async writes =>
      writes.map(({ item, expected }) => {
        const items = itemsOf(index, item.metric, item.epoch)
        const slot = items.byId.get(item.id)
        const stored = slot?.item.position
        if (stored?.sequence !== expected?.sequence || stored?.index !== expected?.index) return false
        place(items, item, slot)
        return true
      }),

    async query({ metric, from, to, groups, after, limit }) {
      const { kinds, windowLength } = shapes(metric)
      const found = new Map<string, Partial>()
      const add = (items: EpochItems, key: string) => {
        const cells = combined(items, key, kinds)
        if (cells === undefined) return
        const known = found.get(key)
        if (known !== undefined) found.set(key, { ...known, cells: combineCells(kinds, known.cells, cells) })
        else {
          if (found.size >= limit) throw tooMany(limit)
          const bar = key.indexOf('|')
          found.set(key, { window: Number(key.slice(0, bar)), group: key.slice(bar + 1), cells })
        }
      }
      for (const [epoch, items] of [...(index.get(metric) ?? [])]) {
        if (after !== undefined && epoch <= after) continue
        const first = Math.max(from ?? items.first, items.first)
        const end = Math.min(to ?? items.last + 1, items.last + 1)
        const windows = windowsBetween(first, end, windowLength, MAX_LOOKUPS)
        if (groups !== undefined && windows !== undefined && windows.length * groups.length <= MAX_LOOKUPS) {
          for (const window of windows) for (const group of groups) add(items, cellKey(window, group))
        } else await walk(items, key => (isWanted(key, from, to, groups) ? add(items, key) : undefined))
      }
      return [...found.values()]
    },

    async epoch({ metric, epoch, keys, findUnlisted }) {
      const items = index.get(metric)?.get(epoch)
      if (items === undefined) return { cells: keys.map(() => undefined), total: 0, unlisted: [] }
      const { kinds } = shapes(metric)
      const cells = keys.map(({ window, group }) => combined(items, cellKey(window, group), kinds))
      return { cells, total: items.byCell.size, unlisted: findUnlisted ? unlisted(items, keys) : [] }
    },

    async drop(metric, through) {
      const epochs = index.get(metric)
      for (const epoch of [...(epochs?.keys() ?? [])]) {
        if (through !== 'all' && epoch > through) continue
        epochs!.delete(epoch)
        views.onDrop?.(metric, epoch)
      }
    },
  }
  return views
}

/** Visits the cells of an epoch, giving way to other work now and then. */
async function walk(items: EpochItems, visit: (key: string) => void): Promise<void> {
  let seen = 0
  for (const key of items.byCell.keys()) {
    visit(key)
    if (++seen % STRIDE === 0) await yieldToEvents()
  }
}

function isWanted(
  key: string,
  from: number | undefined,
  to: number | undefined,
  groups: readonly string[] | undefined,
): boolean {
  const bar = key.indexOf('|')
  const window = Number(key.slice(0, bar))
  if ((from !== undefined && window < from) || (to !== undefined && window >= to)) return false
  return groups === undefined || groups.includes(key.slice(bar + 1))
}

function unlisted(items: EpochItems, keys: readonly PartialKey[]): readonly PartialKey[] {
  const known = new Set(keys.map(({ window, group }) => cellKey(window, group)))
  const missing: PartialKey[] = []
  for (const key of items.byCell.keys()) {
    if (known.has(key)) continue
    const bar = key.indexOf('|')
    missing.push({ window: Number(key.slice(0, bar)), group: key.slice(bar + 1) })
    if (missing.length === MAX_UNLISTED) break
  }
  return missing
}

/** What both engines of views say to a query that would answer too much. */
export function tooMany(limit: number): TributaryError {
  return new TributaryError(
    'too_large',
    `the query matches more than ${limit} windows and groups; narrow from and to, or name groups with where`,
  )
}
