import type { CellKind, CellValue, CellValues } from '../../../core/cells/cells.ts'
import { type Item, itemId } from '../../../core/ports/views.ts'
import { type Column, columnOf, copyOf } from './columns.ts'
import { createGroups, type Groups, groupNumber } from './groups.ts'
import {
  createPositions,
  growPositions,
  numberOf,
  type Positions,
  positionAt,
  setPosition,
} from './positions.ts'

/**
 * The items of one metric and epoch, a row each, column by column: millions of them are a few large arrays,
 * which no garbage collector has to walk.
 */
export type Rows = {
  readonly metric: string
  readonly epoch: number
  readonly kinds: readonly CellKind[]
  count: number
  /** Distinct (window, group) among the rows: each lane has a row of its own. */
  partials: number
  readonly groups: Groups
  /** Number of each row's group. */
  group: Int32Array
  /** ms since 1970. */
  window: Float64Array
  lane: Uint16Array
  readonly positions: Positions
  readonly cells: readonly Column[]
  /**
   * Hash table by window and group, a run of rows for all lanes: row + 1, 0 where free. Its length is a power
   * of two.
   */
  slots: Int32Array
  /** 1 where a row has changed since it was last made durable. */
  changed: Uint8Array
  changes: number
  /** Blocks of `BLOCK_ROWS` rows that changed rows lie in. */
  changedBlocks: Set<number>
  /** First and last window, so that an open range can be looked up like a closed one. */
  first: number
  last: number
}

/** Rows that are made durable together: a page or two of the store. */
export const BLOCK_ROWS = 64

const GROWTH = 1.5

export function createRows(metric: string, epoch: number, kinds: readonly CellKind[]): Rows {
  return {
    ...{ metric, epoch, kinds, count: 0, partials: 0 },
    groups: createGroups(),
    group: new Int32Array(0),
    window: new Float64Array(0),
    lane: new Uint16Array(0),
    positions: createPositions(),
    cells: kinds.map(columnOf),
    slots: new Int32Array(BLOCK_ROWS),
    changed: new Uint8Array(0),
    ...{ changes: 0, changedBlocks: new Set() },
    ...{ first: Infinity, last: -Infinity },
  }
}

/** The row of an item; −1 where there is none. */
export function findRow(rows: Rows, window: number, group: number, lane: number): number {
  let row = firstRow(rows, window, group)
  while (row >= 0 && rows.lane[row] !== lane) row = nextRow(rows, row)
  return row
}

/** One of the rows of a partial; −1 where there is none. `nextRow` gives the others. */
export function firstRow(rows: Rows, window: number, group: number): number {
  return search(rows, hash(window, group), window, group)
}

/** The row of the same partial that comes after `row`; −1 after the last. */
export function nextRow(rows: Rows, row: number): number {
  const [window, group] = [rows.window[row]!, rows.group[row]!]
  const mask = rows.slots.length - 1
  let slot = hash(window, group) & mask
  while (rows.slots[slot] !== row + 1) slot = (slot + 1) & mask
  return search(rows, slot + 1, window, group)
}

function search(
  { slots, group: groups, window: windows }: Rows,
  from: number,
  window: number,
  group: number,
) {
  const mask = slots.length - 1
  for (let slot = from & mask; slots[slot] !== 0; slot = (slot + 1) & mask) {
    const row = slots[slot]! - 1
    if (groups[row] === group && windows[row] === window) return row
  }
  return -1
}

/** Adds a row with the identity of each cell, before any position. The caller has looked for it. */
export function addRow(rows: Rows, window: number, group: number, lane: number): number {
  const row = rows.count
  reserve(rows, row + 1)
  rows.window[row] = window
  rows.group[row] = group
  rows.lane[row] = lane
  rows.count += 1
  if (rows.count * 2 > rows.slots.length) rehash(rows)
  else insert(rows, row)
  rows.first = Math.min(rows.first, window)
  rows.last = Math.max(rows.last, window)
  return row
}

function insert(rows: Rows, row: number): void {
  const { slots, window, group } = rows
  const mask = slots.length - 1
  let isFirst = true
  let slot = hash(window[row]!, group[row]!) & mask
  for (; slots[slot] !== 0; slot = (slot + 1) & mask) {
    const other = slots[slot]! - 1
    if (group[other] === group[row] && window[other] === window[row]) isFirst = false
  }
  slots[slot] = row + 1
  if (isFirst) rows.partials += 1
}

/** Makes the hash table anew, with room for twice the rows there are. */
export function rehash(rows: Rows): void {
  rows.slots = new Int32Array(4 * 2 ** Math.ceil(Math.log2(rows.count + 1)))
  rows.partials = 0
  for (let row = 0; row < rows.count; row++) insert(rows, row)
}

function hash(window: number, group: number): number {
  const mixed = Math.imul(window / 60_000, 0x9e3779b1) ^ Math.imul(group + 1, 0x85ebca6b)
  return Math.imul(mixed ^ (mixed >>> 15), 0xc2b2ae35) >>> 7
}

/** Makes room for so many rows in all. */
export function reserve(rows: Rows, count: number): void {
  if (count <= rows.group.length) return
  const size = Math.ceil((count + BLOCK_ROWS) * GROWTH)
  rows.group = wider(rows.group, new Int32Array(size))
  rows.window = wider(rows.window, new Float64Array(size))
  rows.lane = wider(rows.lane, new Uint16Array(size))
  rows.changed = wider(rows.changed, new Uint8Array(size))
  growPositions(rows.positions, size)
  for (const column of rows.cells) column.grow(size)
}

function wider<T extends Int32Array | Float64Array | Uint16Array | Uint8Array>(from: T, into: T): T {
  into.set(from)
  return into
}

/** Notes that a row is no longer as it was made durable. */
export function noteChange(rows: Rows, row: number): void {
  if (rows.changed[row] === 1) return
  rows.changed[row] = 1
  rows.changes += 1
  rows.changedBlocks.add(Math.floor(row / BLOCK_ROWS))
}

/** Cells of a row, of the caller's own. */
export function cellsAt(rows: Rows, row: number): CellValue[] {
  return rows.cells.map(column => copyOf(column.get(row)))
}

/** The item that a row stands for. */
export function itemAt(rows: Rows, row: number): Item {
  const { metric, epoch } = rows
  const [group, window, lane] = [rows.groups.texts[rows.group[row]!]!, rows.window[row]!, rows.lane[row]!]
  const id = itemId(group, window, lane)
  const position = positionAt(rows.positions, row)
  return { id, metric, group, window, epoch, lane, position, cells: cellsAt(rows, row) }
}

/** The row of an item's key; −1 where there is none. */
export function rowOfItem(
  rows: Rows,
  { window, group, lane }: Pick<Item, 'window' | 'group' | 'lane'>,
): number {
  const number = rows.groups.numbers.get(group)
  return number === undefined ? -1 : findRow(rows, window, number, lane)
}

/** Stores an item in its row, which is made when it is missing. */
export function putItem(rows: Rows, { window, group, lane, position, cells }: Item): void {
  const number = groupNumber(rows.groups, group)
  const found = findRow(rows, window, number, lane)
  const row = found >= 0 ? found : addRow(rows, window, number, lane)
  setPosition(rows.positions, row, position, numberOf(position.sequence))
  setCells(rows, row, cells.map(copyOf))
  noteChange(rows, row)
}

/** Takes over the values. */
export function setCells({ cells }: Rows, row: number, values: CellValues): void {
  for (let at = 0; at < cells.length; at++) cells[at]!.set(row, values[at]!)
}
