import { deserialize, serialize } from 'node:v8'
import type { Taken } from './columns.ts'
import { BLOCK_ROWS, noteChange, type Rows, reserve } from './rows.ts'

/** Groups of an epoch that are made durable together. */
export const GROUP_CHUNK = 256

/** A block of rows as it is made durable, groups by number. */
type Packed = readonly [
  /**
   * Column after column: group, window, lane, sequence, index, then each column of cells that has numbers.
   */
  numbers: Float64Array,
  /** Sequence numbers that are no safe integers, by their place in the block. */
  texts: readonly (readonly [number, string])[],
  /** What else each column of cells has. */
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
  const taken = rows.cells.map(column => column.take(from, to))
  const columns = [...fixedColumns(rows), ...taken.flatMap(({ numbers }) => numbers ?? [])]
  const numbers = new Float64Array(columns.length * (to - from))
  for (const [i, column] of columns.entries())
    numbers.set(i < FIXED ? column.subarray(from, to) : column, i * (to - from))
  const texts = [...rows.positions.texts].filter(([row]) => row >= from && row < to)
  const packed: Packed = [
    numbers,
    texts.map(([row, text]) => [row - from, text]),
    taken.map(({ others }) => others),
  ]
  return serialize(packed)
}

const FIXED = 5

function fixedColumns({ group, window, lane, positions }: Rows) {
  return [group, window, lane, positions.sequences, positions.indexes] as const
}

/**
 * Adds the rows of a block, unchanged. Blocks come in order: a row is where it was when it was packed. They
 * are not found by their keys before `rehash`.
 */
export function unpackBlock(rows: Rows, bytes: Buffer): void {
  const [numbers, texts, cells] = deserialize(bytes) as Packed
  const from = rows.count
  const length = numbers.length / (FIXED + rows.cells.filter(column => column.hasNumbers).length)
  reserve(rows, from + length)
  let columns = 0
  const next = () => numbers.subarray(columns * length, ++columns * length)
  for (const column of fixedColumns(rows)) column.set(next(), from)
  for (const [i, column] of rows.cells.entries()) {
    const taken: Taken = { numbers: column.hasNumbers ? next() : undefined, others: cells[i] }
    column.restore(from, taken)
  }
  for (const [i, text] of texts) rows.positions.texts.set(from + i, text)
  for (let row = from; row < from + length; row++) {
    rows.first = Math.min(rows.first, rows.window[row]!)
    rows.last = Math.max(rows.last, rows.window[row]!)
  }
  rows.count += length
}

/** Has a block that could not be made durable wait for the next time. */
export function noteBlockAgain(rows: Rows, block: number): void {
  rows.changedBlocks.add(block)
  for (let row = block * BLOCK_ROWS; row < Math.min((block + 1) * BLOCK_ROWS, rows.count); row++)
    noteChange(rows, row)
}
