import { crc32 } from 'node:zlib'
import type { PutOutcome, StreamRecord } from '../../../core/ports/stream/stream.ts'
import { entryBytes, entryBytesAtMost, type LogEntry, readEntry, writeEntry } from './entry.ts'
import { count, type Tally } from './tally.ts'

/**
 * Entries are written in blocks: the unit that is verified. Little endian:
 *
 * | offset | bytes | field |
 * |---|---|---|
 * | 0 | 4 | magic; an entry can't begin with it, because no entry is that long |
 * | 4 | 4 | CRC-32 of everything after this field |
 * | 8 | 4 | length of the block |
 * | 12 | 4 | number of entries |
 * | 16 | 8 | offset of the block in the whole log (float64) |
 * | 24 | 8 | durable end of the log when the block was written (float64) |
 * | 32 | … | entries |
 */
export const BLOCK_HEADER = 32

/** Bytes a block has at most. A reader's buffer of this size holds any block. */
export const BLOCK_BYTES = 1 << 20

/** First four bytes of every block, as they lie on disk. */
export const BLOCK_MAGIC = Buffer.from('TLB1', 'latin1')
const MAGIC = BLOCK_MAGIC.readUInt32LE(0)

/** One call of `put`, answered once none of its blocks is open. */
export type Pending = {
  readonly outcomes: PutOutcome[]
  readonly resolve: (outcomes: readonly PutOutcome[]) => void
  open: number
}

/** The records `from` … `to`−1 of one put, all in one block. */
export type Share = { readonly pending: Pending; readonly from: number; readonly to: number }

/** A block being filled, then written, then used again. */
export type Block = {
  readonly bytes: Buffer
  readonly view: DataView
  readonly tally: Tally
  readonly shares: Share[]
  entries: number
  end: number
  /** Largest arrival of its entries, ms since 1970. */
  latestArrival: number
}

export function newBlock(): Block {
  const bytes = Buffer.allocUnsafeSlow(BLOCK_BYTES)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  return { bytes, view, tally: new Map(), shares: [], entries: 0, end: BLOCK_HEADER, latestArrival: 0 }
}

export function clearBlock(block: Block): void {
  block.tally.clear()
  // One by one: memory that is thrown away, once it is old, holds what it holds until a full collection.
  while (block.shares.length > 0) block.shares.pop()
  block.entries = 0
  block.end = BLOCK_HEADER
  block.latestArrival = 0
}

/** True when a block of its own can hold the record. */
export function fitsBlock(record: StreamRecord): boolean {
  const room = BLOCK_BYTES - BLOCK_HEADER
  return entryBytesAtMost(record) <= room || entryBytes(record) <= room
}

/** Adds a record; false when the block has no room left for it. */
export function appendToBlock(block: Block, record: StreamRecord, arrival: number): boolean {
  const room = BLOCK_BYTES - block.end
  if (entryBytesAtMost(record) > room && entryBytes(record) > room) return false
  block.end = writeEntry(block.bytes, block.view, block.end, record, arrival)
  block.entries += 1
  block.latestArrival = Math.max(block.latestArrival, arrival)
  count(block.tally, record.epoch, record.type, record.count)
  return true
}

/** Writes the header for a block that will lie at `lsn`, and returns the bytes to write. */
export function sealBlock(block: Block, lsn: number, durable: number): Buffer {
  const { bytes, view, end } = block
  view.setUint32(0, MAGIC, true)
  view.setUint32(8, end, true)
  view.setUint32(12, block.entries, true)
  view.setFloat64(16, lsn, true)
  view.setFloat64(24, durable, true)
  view.setUint32(4, crc32(bytes.subarray(8, end)), true)
  return bytes.subarray(0, end)
}

/** True when the four bytes at `at` begin a block rather than an entry. */
export function beginsBlock(bytes: Buffer, at: number): boolean {
  return bytes.readUInt32LE(at) === MAGIC
}

/** Length of the block at `at`, or 0 when there is no whole, intact block that belongs at `lsn`. */
export function blockLength(bytes: Buffer, at: number, available: number, lsn: number): number {
  if (available < BLOCK_HEADER || !beginsBlock(bytes, at)) return 0
  const length = bytes.readUInt32LE(at + 8)
  if (length <= BLOCK_HEADER || length > available || bytes.readDoubleLE(at + 16) !== lsn) return 0
  return crc32(bytes.subarray(at + 8, at + length)) === bytes.readUInt32LE(at + 4) ? length : 0
}

/** The log's durable end when the block at `at` was written: everything before it had been synced. */
export function durableBefore(bytes: Buffer, at: number): number {
  return bytes.readDoubleLE(at + 24)
}

/** The entries of an intact block. The last one's `next` is the end of the block. */
export function* entriesOf(bytes: Buffer, at: number, length: number, lsn: number): Generator<LogEntry> {
  let offset = BLOCK_HEADER
  while (offset < length) {
    const entry = readEntry(bytes, at + offset, lsn + offset)
    yield entry
    offset += entry.next - entry.sequence
  }
}

/** Blocks kept for reuse: one being written, one filling, and some for a burst. */
const SPARE = 8

/** Blocks are large, so they are used again. */
export class BlockPool {
  readonly #spare: Block[] = []

  take(): Block {
    return this.#spare.pop() ?? newBlock()
  }

  giveBack(block: Block): void {
    clearBlock(block)
    if (this.#spare.length < SPARE) this.#spare.push(block)
  }
}
