import { constants } from 'node:fs'
import { type FileHandle, open, readFile, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { crc32 } from 'node:zlib'
import { damaged } from '../../files/checked-text.ts'
import { syncFolder, writeAll } from '../../files/durable.ts'
import { ENTRY_BYTES } from './entry.ts'
import { copyEntries, type Slots } from './slots.ts'

/**
 * The append-only file that makes the current table durable between spills: at each checkpoint, the entries
 * claimed since the last one.
 *
 * A block is a header of eight 32-bit words (magic, entries, CRC-32 of the entries, bytes of the file that
 * were synced when the block was written, three unused, CRC-32 of the words before) and then its entries as
 * they are in memory.
 */
export type Journal = {
  readonly path: string
  /** Undefined until the first checkpoint. */
  handle: FileHandle | undefined
  /** Bytes written and synced: where the next block goes. */
  length: number
  /** Entries of the table that are in those bytes. */
  entries: number
}

/** A block found in a journal file: its entries and where the next one starts. */
type Block = { readonly entries: Int32Array; readonly end: number }

const MAGIC = 0x4a4d_5254
const HEADER_BYTES = ENTRY_BYTES
// Half a megabyte: gathering a block holds the thread for about a millisecond.
const BLOCK_ENTRIES = 16_384

export function createJournal(path: string): Journal {
  return { path, handle: undefined, length: 0, entries: 0 }
}

/**
 * Writes the entries of `slots` up to the `upTo`-th that the journal lacks, and syncs them. When it throws,
 * the journal stands where it stood and the next call writes the same entries to the same place.
 */
export async function appendToJournal(journal: Journal, slots: Slots, upTo: number): Promise<void> {
  if (upTo <= journal.entries) return
  const handle = await openForAppend(journal)
  let length = journal.length
  for (let from = journal.entries; from < upTo; from += BLOCK_ENTRIES) {
    const block = encodeBlock(slots, from, Math.min(upTo, from + BLOCK_ENTRIES), journal.length)
    await writeAll(handle, [block], length)
    length += block.length
  }
  await handle.datasync()
  journal.length = length
  journal.entries = upTo
}

async function openForAppend(journal: Journal): Promise<FileHandle> {
  if (journal.handle !== undefined) {
    // What a failed append left behind must not follow the next block.
    await journal.handle.truncate(journal.length)
    return journal.handle
  }
  journal.handle = await open(journal.path, constants.O_RDWR | constants.O_CREAT)
  await journal.handle.truncate(journal.length)
  await syncFolder(dirname(journal.path))
  return journal.handle
}

function encodeBlock(slots: Slots, from: number, to: number, synced: number): Uint8Array {
  const block = Buffer.alloc(HEADER_BYTES + (to - from) * ENTRY_BYTES)
  const entries = block.subarray(HEADER_BYTES)
  copyEntries(slots, from, to, new Int32Array(entries.buffer, entries.byteOffset, entries.length / 4))
  block.writeUInt32LE(MAGIC, 0)
  block.writeUInt32LE(to - from, 4)
  block.writeUInt32LE(crc32(entries), 8)
  block.writeUInt32LE(synced, 12)
  block.writeUInt32LE(crc32(block.subarray(0, HEADER_BYTES - 4)), HEADER_BYTES - 4)
  return block
}

/**
 * Reads the journal a crash or a stop has left. A last block that was not synced completely is dropped, as if
 * its checkpoint had never been asked for. Throws `corrupt_data` naming the file when bytes that were synced
 * are damaged; damage within the last block alone cannot be told from a torn write.
 */
export async function openJournal(path: string): Promise<{ journal: Journal; blocks: Int32Array[] }> {
  const file = await readFile(path)
  // Node reads a small file into a shared pool, where words are not aligned.
  const bytes = file.byteOffset === 0 ? file : new Uint8Array(file)
  const blocks: Int32Array[] = []
  let length = 0
  for (let block = readBlock(bytes, 0); block !== undefined; block = readBlock(bytes, length)) {
    blocks.push(block.entries)
    length = block.end
  }
  if (syncedBytes(bytes, length) > length) {
    throw damaged(path, `byte ${length}, before its last checkpoint, is not intact`)
  }
  const entries = blocks.reduce((sum, block) => sum + block.byteLength / ENTRY_BYTES, 0)
  return { journal: { path, handle: undefined, length, entries }, blocks }
}

/** Closes and removes the journal of a table that no longer needs it. */
export async function removeJournal(journal: Journal): Promise<void> {
  await closeJournal(journal)
  await rm(journal.path, { force: true })
}

export async function closeJournal(journal: Journal): Promise<void> {
  const handle = journal.handle
  journal.handle = undefined
  await handle?.close()
}

function readBlock(bytes: Uint8Array, at: number): Block | undefined {
  const header = readHeader(bytes, at)
  if (header === undefined) return undefined
  const start = at + HEADER_BYTES
  const end = start + header[1]! * ENTRY_BYTES
  if (end > bytes.length || crc32(bytes.subarray(start, end)) !== header[2]) return undefined
  return { entries: new Int32Array(bytes.buffer, start, (end - start) / 4), end }
}

function readHeader(bytes: Uint8Array, at: number): Uint32Array | undefined {
  if (at + HEADER_BYTES > bytes.length) return undefined
  const header = new Uint32Array(bytes.buffer, at, HEADER_BYTES / 4)
  if (header[0] !== MAGIC) return undefined
  return crc32(bytes.subarray(at, at + HEADER_BYTES - 4)) === header[7] ? header : undefined
}

/** The most bytes that any header from `at` on says were synced when it was written. */
function syncedBytes(bytes: Uint8Array, at: number): number {
  let synced = 0
  for (let place = at; place < bytes.length; place += ENTRY_BYTES) {
    synced = Math.max(synced, readHeader(bytes, place)?.[3] ?? 0)
  }
  return synced
}
