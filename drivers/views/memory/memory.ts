import { setImmediate as yieldToEvents } from 'node:timers/promises'
import { type MetricShapes, windowsBetween } from '../../../core/declare/metric-kinds.ts'
import { createGathering } from '../../../core/fold/rollup.ts'
import type { InPlaceViews } from '../../../core/fold/share.ts'
import type { PartialKey, RealTimeViews } from '../../../core/ports/views.ts'
import { absorb } from './absorb.ts'
import { combined, type EpochIndex, rowsIn } from './epochs.ts'
import { positionAt } from './positions.ts'
import { firstRow, itemAt, putItem, type Rows, rowOfItem } from './rows.ts'

/** The embedded engine: items in memory. Durability is the checkpoint's business (checkpoint.ts). */
export type MemoryViews = RealTimeViews &
  InPlaceViews & {
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
export function createMemoryViews(shapes: MetricShapes): MemoryViews {
  const index: EpochIndex = new Map()

  const views: MemoryViews = {
    index,
    onDrop: undefined,

    absorb: (fold, entries) => absorb(fold, entries, epoch => rowsIn(index, fold.metric, epoch, fold.kinds)),

    read: async keys =>
      keys.map(key => {
        const rows = index.get(key.metric)?.get(key.epoch)
        const row = rows === undefined ? -1 : rowOfItem(rows, key)
        return row < 0 ? undefined : itemAt(rows!, row)
      }),

    write: async writes =>
      writes.map(({ item, expected }) => {
        const rows = rowsIn(index, item.metric, item.epoch, shapes(item.metric).kinds)
        const row = rowOfItem(rows, item)
        const stored = row < 0 ? undefined : positionAt(rows.positions, row)
        if (stored?.sequence !== expected?.sequence || stored?.index !== expected?.index) return false
        putItem(rows, item)
        return true
      }),

    async query({ metric, from, to, groups, rollup, after, through, limit }) {
      const { kinds, windowLength } = shapes(metric)
      const gathering = createGathering(kinds, rollup, limit)
      const add = (rows: Rows, window: number, group: number) =>
        gathering.add(window, rows.groups.texts[group]!, () => combined(rows, window, group, kinds))
      for (const [epoch, rows] of [...(index.get(metric) ?? [])]) {
        if (after !== undefined && epoch <= after) continue
        if (through !== undefined && epoch > through) continue
        const wanted = groups?.flatMap(text => rows.groups.numbers.get(text) ?? [])
        const first = Math.max(from ?? rows.first, rows.first)
        const end = Math.min(to ?? rows.last + 1, rows.last + 1)
        const windows = windowsBetween(first, end, windowLength, MAX_LOOKUPS)
        if (wanted !== undefined && windows !== undefined && windows.length * wanted.length <= MAX_LOOKUPS) {
          for (const window of windows) for (const group of wanted) add(rows, window, group)
        } else {
          const isWanted = rangeOf(from, to, wanted)
          await walk(rows, (window, group) =>
            isWanted(window, group) ? add(rows, window, group) : undefined,
          )
        }
      }
      return gathering.rows()
    },

    async epoch({ metric, epoch, keys, findUnlisted }) {
      const rows = index.get(metric)?.get(epoch)
      if (rows === undefined) return { cells: keys.map(() => undefined), total: 0, unlisted: [] }
      const { kinds } = shapes(metric)
      const cells = keys.map(({ window, group }) =>
        combined(rows, window, rows.groups.numbers.get(group), kinds),
      )
      return { cells, total: rows.partials, unlisted: findUnlisted ? unlisted(rows, keys) : [] }
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

/** Visits the partials of an epoch, giving way to other work now and then. */
async function walk(rows: Rows, visit: (window: number, group: number) => void): Promise<void> {
  for (let row = 0; row < rows.count; row++) {
    const [window, group] = [rows.window[row]!, rows.group[row]!]
    if (firstRow(rows, window, group) === row) visit(window, group)
    if ((row + 1) % STRIDE === 0) await yieldToEvents()
  }
}

/** Whether a partial is in a range of windows and among groups, where those are given. */
function rangeOf(from: number | undefined, to: number | undefined, groups: readonly number[] | undefined) {
  const known = groups === undefined ? undefined : new Set(groups)
  return (window: number, group: number): boolean =>
    (from === undefined || window >= from) &&
    (to === undefined || window < to) &&
    (known === undefined || known.has(group))
}

function unlisted(rows: Rows, keys: readonly PartialKey[]): readonly PartialKey[] {
  const known = new Set(keys.map(({ window, group }) => `${window}|${group}`))
  const missing: PartialKey[] = []
  for (let row = 0; row < rows.count && missing.length < MAX_UNLISTED; row++) {
    const [window, number] = [rows.window[row]!, rows.group[row]!]
    const group = rows.groups.texts[number]!
    if (firstRow(rows, window, number) === row && !known.has(`${window}|${group}`))
      missing.push({ window, group })
  }
  return missing
}
