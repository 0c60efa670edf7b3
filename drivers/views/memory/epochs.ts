import type { CellKind, CellValues } from '../../../core/cells/cells.ts'
import { combineCells } from '../../../core/cells/cells.ts'
import type { Item } from '../../../core/ports/views.ts'

/** Where an item is kept: the item is replaced, the slot stays. */
export type Slot = {
  item: Item
  /** Whether the item is among the changes of its epoch. */
  changed: boolean
}

/** The items of one metric and epoch, found by id, and by window and group. */
export type EpochItems = {
  readonly byId: Map<string, Slot>
  /** Slots of the items of one (window, group): one a lane. */
  readonly byCell: Map<string, Slot[]>
  /** Slots of the items changed since the last checkpoint, each once. */
  changed: Slot[]
  /** First and last window, so that an open range can be looked up like a closed one. */
  first: number
  last: number
}

/** Items in memory: metric → epoch → items. Forgetting an epoch is one deletion. */
export type EpochIndex = Map<string, Map<number, EpochItems>>

/** Key of a partial within a metric. */
export function cellKey(window: number, group: string): string {
  return `${window}|${group}`
}

/** The items of a metric and epoch, made when missing. */
export function itemsOf(index: EpochIndex, metric: string, epoch: number): EpochItems {
  let epochs = index.get(metric)
  if (epochs === undefined) {
    epochs = new Map()
    index.set(metric, epochs)
  }
  let items = epochs.get(epoch)
  if (items === undefined) {
    items = { byId: new Map(), byCell: new Map(), changed: [], first: Infinity, last: -Infinity }
    epochs.set(epoch, items)
  }
  return items
}

/** Puts an item in its slot, making one when it is new, and notes the change. */
export function place(items: EpochItems, item: Item, slot: Slot | undefined): void {
  if (slot === undefined) items.changed.push(addSlot(items, item))
  else {
    slot.item = item
    if (!slot.changed) items.changed.push(slot)
    slot.changed = true
  }
}

function addSlot(items: EpochItems, item: Item): Slot {
  const slot = { item, changed: true }
  items.byId.set(item.id, slot)
  items.first = Math.min(items.first, item.window)
  items.last = Math.max(items.last, item.window)
  const key = cellKey(item.window, item.group)
  const slots = items.byCell.get(key)
  if (slots === undefined) items.byCell.set(key, [slot])
  else slots.push(slot)
  return slot
}

/** The partial of one (window, group): its items combined over lanes. Undefined where there is none. */
export function combined(items: EpochItems, key: string, kinds: readonly CellKind[]): CellValues | undefined {
  let cells: CellValues | undefined
  for (const { item } of items.byCell.get(key) ?? [])
    cells = cells === undefined ? item.cells : combineCells(kinds, cells, item.cells)
  return cells
}

/** Items in memory. */
export function itemCount(index: EpochIndex): number {
  let count = 0
  for (const epochs of index.values()) for (const { byId } of epochs.values()) count += byId.size
  return count
}
