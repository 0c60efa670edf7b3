import { type Accumulator, compileAccumulator } from './accumulate.ts'
import type { CellKind, CellValue } from './cells/cells.ts'
import { emptyCell } from './cells/cells.ts'
import type { Metric } from './metric-plan.ts'
import { type ItemKey, itemId } from './ports/views.ts'
import type { ReceivedEvent } from './record.ts'
import { TALLY, TALLY_GROUP, TALLY_KINDS, TALLY_WINDOW, tallyId } from './tally.ts'

/** A received event at its position in the stream, with the verdict of deduplication. */
export type Entry = {
  readonly event: ReceivedEvent
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
  readonly kinds: readonly CellKind[]
  /** Key of the item the entry belongs to; undefined where it does not count. */
  readonly keyOf: (entry: Entry) => ItemKey | undefined
  /** Adds the entry to cells, in place. */
  readonly add: (cells: CellValue[], entry: Entry) => void
}

/** The folder of a metric: events that are no duplicates and pass the filter. */
export function metricFolder(metric: Metric): Folder {
  const accumulator: Accumulator = compileAccumulator(metric)
  return {
    kinds: metric.kinds,
    keyOf: ({ event, partition, duplicate }) => {
      const data = event.data as Record<string, unknown>
      if (duplicate || !accumulator.counts(data)) return undefined
      const group = accumulator.groupOf(data)
      const window = accumulator.windowOf(event.tbtime)
      return {
        id: itemId(group, window, partition),
        metric: metric.id,
        group,
        window,
        epoch: event.tbepoch,
        partition,
      }
    },
    add: (cells, { event }) => accumulator.add(cells, event.data as Record<string, unknown>),
  }
}

/** The folder of a type's tally: every receipt, duplicate or not. */
export function tallyFolder(type: string): Folder {
  const metric = tallyId(type)
  return {
    kinds: TALLY_KINDS,
    keyOf: ({ event, partition }) => ({
      id: itemId(TALLY_GROUP, TALLY_WINDOW, partition),
      metric,
      group: TALLY_GROUP,
      window: TALLY_WINDOW,
      epoch: event.tbepoch,
      partition,
    }),
    add: (cells, { duplicate }) => {
      cells[TALLY.received] = (cells[TALLY.received] as number) + 1
      if (!duplicate) cells[TALLY.counted] = (cells[TALLY.counted] as number) + 1
    },
  }
}

/** Folds entries, in stream order, into one delta an item. */
export function fold(folder: Folder, entries: readonly Entry[]): readonly Delta[] {
  const byEpoch = new Map<number, Map<string, Delta>>()
  for (const entry of entries) {
    const key = folder.keyOf(entry)
    if (key === undefined) continue
    let deltas = byEpoch.get(key.epoch)
    if (deltas === undefined) {
      deltas = new Map()
      byEpoch.set(key.epoch, deltas)
    }
    let delta = deltas.get(key.id)
    if (delta === undefined) {
      delta = { key, folder, first: entry, last: entry, cells: folder.kinds.map(emptyCell) }
      deltas.set(key.id, delta)
    }
    folder.add(delta.cells, entry)
    delta.last = entry
  }
  return [...byEpoch.values()].flatMap(deltas => [...deltas.values()])
}
