import type { CellKind, CellValues } from '../../core/cells/cells.ts'
import { combineCells } from '../../core/cells/cells.ts'
import type { Item } from '../../core/ports/views.ts'

/** The items of one metric and epoch, found by id, and by window and group. */
export type EpochItems = {
  readonly byId: Map<string, Item>
  /** Ids of the items of one (window, group): one a partition. */
  readonly byCell: Map<string, string[]>
  /** Ids of the items changed since the last checkpoint. */
  changed: Set<string>
}

/** Items in memory: metric → epoch → items. Forgetting an epoch is one deletion. */
export type EpochIndex = Map<string, Map<number, EpochItems>>

/** Key of a partial within a metric. */
export function cellKey(window: number, group: string): string {
  return `${window}|${group}`
}

/** Puts an item in its place, replacing the one with its id, and notes the change. */
export function place(index: EpochIndex, item: Item): void {
  const items = itemsOf(index, item)
  items.changed.add(item.id)
  items.byId.set(item.id, item)
}

function itemsOf(index: EpochIndex, item: Item): EpochItems {
  let epochs = index.get(item.metric)
  if (epochs === undefined) {
    epochs = new Map()
    index.set(item.metric, epochs)
  }
  let items = epochs.get(item.epoch)
  if (items === undefined) {
    items = { byId: new Map(), byCell: new Map(), changed: new Set() }
    epochs.set(item.epoch, items)
  }
  if (!items.byId.has(item.id)) {
    const key = cellKey(item.window, item.group)
    const ids = items.byCell.get(key)
    if (ids === undefined) items.byCell.set(key, [item.id])
    else ids.push(item.id)
  }
  return items
}

/** The partial of one (window, group): its items combined over partitions. Undefined where there is none. */
export function combined(items: EpochItems, key: string, kinds: readonly CellKind[]): CellValues | undefined {
  let cells: CellValues | undefined
  for (const id of items.byCell.get(key) ?? []) {
    const more = items.byId.get(id)!.cells
    cells = cells === undefined ? more : combineCells(kinds, cells, more)
  }
  return cells
}
