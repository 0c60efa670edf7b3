import type { CellKind, CellValue, CellValues } from '../cells/cells.ts'
import { emptyCell } from '../cells/cells.ts'
import { TALLY, TALLY_GROUP, TALLY_KINDS, TALLY_WINDOW, tallyId } from '../cells/tally.ts'
import { comparePositions, type Position } from '../data/position.ts'
import { readableOf } from '../data/readable.ts'
import type { Metric } from '../declare/metric-plan.ts'
import type { ReceivedEvent } from '../event/record.ts'
import { type ItemKey, itemId } from '../ports/views.ts'
import { compileAccumulator } from './accumulate.ts'

/**
 * A received event at its position in the stream, with the verdict of deduplication. It is its own marker's
 * claim.
 */
export type PlacedEvent = {
  readonly event: ReceivedEvent
  /** Identity of the event: `markerKey`. */
  readonly key: string
  readonly epoch: number
  /** Padded sequence number of its record. */
  readonly sequence: string
  /** Index within the record. */
  readonly index: number
  readonly receipt: string
  readonly lane: number
  duplicate: boolean
}

/** The entries of a batch that count for one item, in stream order, under the item's key. */
export type Share = ItemKey & { readonly fold: Fold; readonly entries: PlacedEvent[] }

/** How entries become cells: of one metric, or of the tally of a type. */
export type Fold = {
  readonly metric: string
  readonly kinds: readonly CellKind[]
  /** Whether the entry counts at all. */
  readonly counts: (entry: PlacedEvent) => boolean
  readonly groupOf: (entry: PlacedEvent) => string
  /** Readers of the values that decide the group: entries with equal ones have one group. */
  readonly by: readonly ((entry: PlacedEvent) => unknown)[]
  readonly windowOf: (entry: PlacedEvent) => number
  /** Adds the entry to cells, in place. */
  readonly add: (cells: CellValue[], entry: PlacedEvent) => void
}

/** The fold of a metric: events that are no duplicates and pass the filter. */
export function metricFold(metric: Metric): Fold {
  const { counts, groupOf, windowOf, add } = compileAccumulator(metric)
  return {
    metric: metric.id,
    kinds: metric.kinds,
    counts: ({ event, duplicate }) => !duplicate && counts(event.data as Record<string, unknown>),
    groupOf: ({ event }) => groupOf(event.data as Record<string, unknown>),
    by: metric.by.map(field => {
      const read = readableOf(field)
      return ({ event }) => read(event.data as Record<string, unknown>)
    }),
    windowOf: ({ event }) => windowOf(event.tbtime),
    add: (cells, { event }) =>
      add(cells, event.data as Record<string, unknown>, event.tbtime, event.tbreceipt),
  }
}

/** The fold of a type's tally: every receipt, duplicate or not. */
export function tallyFold(type: string): Fold {
  return {
    metric: tallyId(type),
    kinds: TALLY_KINDS,
    counts: () => true,
    groupOf: () => TALLY_GROUP,
    by: [],
    windowOf: () => TALLY_WINDOW,
    add: (cells, { duplicate }) => {
      cells[TALLY.received] = (cells[TALLY.received] as number) + 1
      if (!duplicate) cells[TALLY.counted] = (cells[TALLY.counted] as number) + 1
    },
  }
}

/** More lanes than a deployment can have: windows, in minutes, times this leave room for the lane. */
const LANE_ROOM = 16_384

/** Splits entries, in stream order, into one share an item. */
export function sharesOf(fold: Fold, entries: readonly PlacedEvent[]): readonly Share[] {
  const { metric, by } = fold
  const shares: Share[] = []
  const byEpoch = new Map<number, Map<string | number, Share>>()
  for (const entry of entries) {
    if (!fold.counts(entry)) continue
    const { epoch, lane } = entry
    let known = byEpoch.get(epoch)
    if (known === undefined) {
      known = new Map()
      byEpoch.set(epoch, known)
    }
    const window = fold.windowOf(entry)
    const group = fold.groupOf(entry)
    // Where there is one group, items are told apart by numbers, without making texts.
    const place = by.length === 0 ? (window / 60_000) * LANE_ROOM + lane : itemId(group, window, lane)
    const share = known.get(place)
    if (share !== undefined) share.entries.push(entry)
    else {
      const id = typeof place === 'string' ? place : itemId(group, window, lane)
      const made = { id, metric, group, window, epoch, lane, fold, entries: [entry] }
      known.set(place, made)
      shares.push(made)
    }
  }
  return shares
}

/**
 * A copy of an item's cells with the share's entries after its position added, and the position they reach;
 * undefined where all are in already. An entry that is in the share twice is added once.
 */
export function withShare(
  { fold, entries }: Share,
  stored: { readonly cells: CellValues; readonly position: Position } | undefined,
): { readonly cells: CellValues; readonly position: Position } | undefined {
  let cells: CellValue[] | undefined
  let reached: Position | undefined = stored?.position
  for (const entry of entries) {
    if (reached !== undefined && comparePositions(entry, reached) <= 0) continue
    cells ??= stored === undefined ? fold.kinds.map(emptyCell) : copyOf(stored.cells)
    fold.add(cells, entry)
    reached = entry
  }
  if (cells === undefined) return undefined
  // A position of its own: the entry would keep its whole event in memory.
  return { cells, position: { sequence: reached!.sequence, index: reached!.index } }
}

function copyOf(cells: CellValues): CellValue[] {
  return cells.map(cell => (Array.isArray(cell) ? cell.slice() : cell))
}

/**
 * Views in this process's own memory, which take entries in place instead of by reads and conditional writes.
 */
export type InPlaceViews = {
  /**
   * Adds to each item the entries, given in stream order, that count and lie after its position, and moves
   * the position to each: in one step, which nobody sees half done. Entries given again change nothing.
   */
  absorb(fold: Fold, entries: readonly PlacedEvent[]): void
}
