import { deserialize, serialize } from 'node:v8'
import { addRow, BLOCK_ROWS, noteChange, type Rows } from './rows.ts'

/** Groups of an epoch that are made durable together. */
export const GROUP_CHUNK = 256

/** A block of rows as it is made durable: groups by number, everything else by value. */
type Packed = readonly [
  group: Int32Array,
  window: Float64Array,
  lane: Uint16Array,
  sequences: Float64Array,
  indexes: Float64Array,
  /** Sequence numbers that are no safe integers, by their place in the block. */
  texts: readonly (readonly [number, string])[],
  cells: readonly unknown[],
]

/** Packs a block; its rows count as unchanged from now on. */
export function packBlock(rows: Rows, block: number): Buffer {
  const from = block * BLOCK_ROWS
  const to = Math.min(from + BLOCK_ROWS, rows.count)
  for (let row = from; row < to; row++) {
    rows.changes -= rows.changed[row]!
    rows.changed[row] = 0
  }
  const { sequences, indexes, texts } = rows.positions
  const own = [...texts].filter(([row]) => row >= from && row < to)
  const packed: Packed = [
    rows.group.slice(from, to),
    rows.window.slice(from, to),
    rows.lane.slice(from, to),
    sequences.slice(from, to),
    indexes.slice(from, to),
    own.map(([row, text]) => [row - from, text]),
    rows.cells.map(column => column.take(from, to)),
  ]
  return serialize(packed)
}

/** Adds the rows of a block, unchanged. Blocks come in order: a row is where it was when it was packed. */
export function unpackBlock(rows: Rows, bytes: Buffer): void {
  const [group, window, lane, sequences, indexes, texts, cells] = deserialize(bytes) as Packed
  const from = rows.count
  for (let i = 0; i < group.length; i++) addRow(rows, window[i]!, group[i]!, lane[i]!)
  rows.positions.sequences.set(sequences, from)
  rows.positions.indexes.set(indexes, from)
  for (const [i, text] of texts) rows.positions.texts.set(from + i, text)
  for (const [at, taken] of cells.entries()) rows.cells[at]!.restore(from, taken)
}

/** Has a block that could not be made durable wait for the next time. */
export function noteBlockAgain(rows: Rows, block: number): void {
  rows.changedBlocks.add(block)
  for (let row = block * BLOCK_ROWS; row < Math.min((block + 1) * BLOCK_ROWS, rows.count); row++)
    noteChange(rows, row)
}
