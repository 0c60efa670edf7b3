import { compileAccumulator } from './accumulate.ts'
import type { CellKind, CellValue } from './cells/cells.ts'
import { emptyCell } from './cells/cells.ts'
import type { Metric } from './metric-plan.ts'
import { type ItemKey, itemId } from './ports/views.ts'
import type { ReceivedEvent } from './record.ts'
import { TALLY, TALLY_GROUP, TALLY_KINDS, TALLY_WINDOW, tallyId } from './tally.ts'

/** A received event at its position in the stream, with the verdict of deduplication. It is its own marker's claim. */
export type Entry = {
  readonly event: ReceivedEvent
  /** Identity of the event: `markerKey`. */
  readonly key: string
  readonly epoch: number
  /** Padded sequence number of its record. */
  readonly sequence: string
  /** Index within the record. */
  readonly index: number
  readonly partition: number
  duplicate: boolean
}

/** Cells that a batch adds to one item, and the first and last event in them. */
export type Delta = {
  readonly key: ItemKey
  readonly folder: Folder
  readonly first: Entry
  last: Entry
  readonly cells: CellValue[]
}

/** Folds entries into the deltas of one metric, or of the tally of a type. */
export type Folder = {
  readonly metric: string
  readonly kinds: readonly CellKind[]
  /** Whether the entry counts at all. */
  readonly counts: (entry: Entry) => boolean
  readonly groupOf: (entry: Entry) => string
  readonly windowOf: (entry: Entry) => number
  /** Adds the entry to cells, in place. */
  readonly add: (cells: CellValue[], entry: Entry) => void
}

/** The folder of a metric: events that are no duplicates and pass the filter. */
export function metricFolder(metric: Metric): Folder {
  const { counts, groupOf, windowOf, add } = compileAccumulator(metric)
  return {
    metric: metric.id,
    kinds: metric.kinds,
    counts: ({ event, duplicate }) => !duplicate && counts(event.data as Record<string, unknown>),
    groupOf: ({ event }) => groupOf(event.data as Record<string, unknown>),
    windowOf: ({ event }) => windowOf(event.tbtime),
    add: (cells, { event }) => add(cells, event.data as Record<string, unknown>),
  }
}

/** The folder of a type's tally: every receipt, duplicate or not. */
export function tallyFolder(type: string): Folder {
  return {
    metric: tallyId(type),
    kinds: TALLY_KINDS,
    counts: () => true,
    groupOf: () => TALLY_GROUP,
    windowOf: () => TALLY_WINDOW,
    add: (cells, { duplicate }) => {
      cells[TALLY.received] = (cells[TALLY.received] as number) + 1
      if (!duplicate) cells[TALLY.counted] = (cells[TALLY.counted] as number) + 1
    },
  }
}

/** Folds entries, in stream order, into one delta an item. */
export function fold(folder: Folder, entries: readonly Entry[]): readonly Delta[] {
  const all: Delta[] = []
  const byEpoch = new Map<number, Map<string, Delta>>()
  for (const entry of entries) {
    if (!folder.counts(entry)) continue
    const { epoch, partition } = entry
    let deltas = byEpoch.get(epoch)
    if (deltas === undefined) {
      deltas = new Map()
      byEpoch.set(epoch, deltas)
    }
    const group = folder.groupOf(entry)
    const window = folder.windowOf(entry)
    const id = itemId(group, window, partition)
    let delta = deltas.get(id)
    if (delta === undefined) {
      const key = { id, metric: folder.metric, group, window, epoch, partition }
      delta = { key, folder, first: entry, last: entry, cells: folder.kinds.map(emptyCell) }
      deltas.set(id, delta)
      all.push(delta)
    }
    folder.add(delta.cells, entry)
    delta.last = entry
  }
  return all
}
