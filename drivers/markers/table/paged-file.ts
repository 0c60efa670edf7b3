import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { crc32 } from 'node:zlib'
import type { TributaryError } from '../../../core/errors.ts'
import { damaged as damagedFile } from '../../files/checked-text.ts'
import { replaceFile, writeAll } from '../../files/durable.ts'

/**
 * An immutable file read in pages at any place, each page checked against its CRC-32 when it is read.
 *
 * Layout: the body, one CRC-32 per page of it, the numbers in `meta` as JSON, and a tail of four 32-bit
 * words: magic, bytes of meta, bytes of body, CRC-32 of everything after the body before this word.
 */
export type PagedFile = {
  readonly path: string
  readonly fd: number
  readonly bodyBytes: number
  readonly checksums: Uint32Array
  readonly meta: Readonly<Record<string, number>>
}

/** One page of the page cache: a look-up costs one read of it. */
export const PAGE_BYTES = 4096
const MAGIC = 0x4647_5054
const TAIL_BYTES = 16
const CHUNK_BYTES = 256 * PAGE_BYTES

/**
 * Writes a paged file aside, syncs it and gives it its name. The body may gain bits meanwhile (a filter
 * does): each chunk is copied before it is checked and written, so it keeps its checksum.
 */
export async function writePagedFile(
  path: string,
  body: Int32Array,
  meta: Readonly<Record<string, number>>,
): Promise<void> {
  await replaceFile(path, async aside => {
    await using handle = await open(aside, 'w')
    const checksums = await writeBody(handle, body)
    await writeAll(handle, [trailer(body.byteLength, checksums, meta)], body.byteLength)
  })
}

async function writeBody(handle: FileHandle, body: Int32Array): Promise<Uint32Array> {
  const bytes = new Uint8Array(body.buffer, body.byteOffset, body.byteLength)
  const checksums = new Uint32Array(Math.ceil(bytes.length / PAGE_BYTES))
  const chunk = new Uint8Array(Math.min(CHUNK_BYTES, bytes.length))
  for (let start = 0; start < bytes.length; start += CHUNK_BYTES) {
    const part = chunk.subarray(0, Math.min(CHUNK_BYTES, bytes.length - start))
    part.set(bytes.subarray(start, start + part.length))
    for (let at = 0; at < part.length; at += PAGE_BYTES) {
      checksums[(start + at) / PAGE_BYTES] = crc32(part.subarray(at, at + PAGE_BYTES))
    }
    await writeAll(handle, [part], start)
  }
  return checksums
}

function trailer(bodyBytes: number, checksums: Uint32Array, meta: object): Uint8Array {
  const json = Buffer.from(JSON.stringify(meta))
  const tail = Buffer.alloc(TAIL_BYTES)
  tail.writeUInt32LE(MAGIC, 0)
  tail.writeUInt32LE(json.length, 4)
  tail.writeUInt32LE(bodyBytes, 8)
  const all = Buffer.concat([new Uint8Array(checksums.buffer), json, tail])
  all.writeUInt32LE(crc32(all.subarray(0, -4)), all.length - 4)
  return all
}

/** Opens a paged file and checks all of it but its body. Throws `corrupt_data` naming the file. */
export function openPagedFile(path: string): PagedFile {
  const fd = openSync(path, 'r')
  try {
    return { path, fd, ...readTrailer(path, fd) }
  } catch (error) {
    closeSync(fd)
    throw error
  }
}

function readTrailer(path: string, fd: number): Omit<PagedFile, 'path' | 'fd'> {
  const size = fstatSync(fd).size
  if (size < TAIL_BYTES) throw damaged(path)
  const tail = Buffer.from(readBytes(path, fd, TAIL_BYTES, size - TAIL_BYTES))
  const bodyBytes = tail.readUInt32LE(8)
  const checksumBytes = 4 * Math.ceil(bodyBytes / PAGE_BYTES)
  const metaBytes = tail.readUInt32LE(4)
  const length = checksumBytes + metaBytes + TAIL_BYTES
  if (tail.readUInt32LE(0) !== MAGIC || bodyBytes + length !== size) throw damaged(path)
  const all = readBytes(path, fd, length, bodyBytes)
  if (crc32(all.subarray(0, -4)) !== tail.readUInt32LE(12)) throw damaged(path)
  return {
    bodyBytes,
    checksums: new Uint32Array(all.buffer, 0, checksumBytes / 4),
    meta: JSON.parse(Buffer.from(all.subarray(checksumBytes, -TAIL_BYTES)).toString()),
  }
}

function readBytes(path: string, fd: number, length: number, position: number): Uint8Array {
  const bytes = new Uint8Array(length)
  if (readSync(fd, bytes, 0, length, position) !== length) throw damaged(path)
  return bytes
}

const buffer = new Int32Array(PAGE_BYTES / 4)

/**
 * Reads and checks a page; the answer is valid until the next call for any file. Throws `corrupt_data` naming
 * the file.
 */
export function readPage(file: PagedFile, number: number): Int32Array {
  const start = number * PAGE_BYTES
  const bytes = Math.min(PAGE_BYTES, file.bodyBytes - start)
  const page = bytes === PAGE_BYTES ? buffer : buffer.subarray(0, bytes / 4)
  if (readSync(file.fd, page, 0, bytes, start) !== bytes) throw damaged(file.path)
  if (crc32(page) !== file.checksums[number]) throw damaged(file.path)
  return page
}

/** Reads and checks the whole body. Throws `corrupt_data` naming the file. */
export function readBody(file: PagedFile): Int32Array {
  const body = new Uint8Array(file.bodyBytes)
  for (let start = 0; start < body.length; start += CHUNK_BYTES) {
    const length = Math.min(CHUNK_BYTES, body.length - start)
    if (readSync(file.fd, body, start, length, start) !== length) throw damaged(file.path)
    for (let at = start; at < start + length; at += PAGE_BYTES) {
      const page = body.subarray(at, Math.min(at + PAGE_BYTES, start + length))
      if (crc32(page) !== file.checksums[at / PAGE_BYTES]) throw damaged(file.path)
    }
  }
  return new Int32Array(body.buffer)
}

export function closePagedFile(file: PagedFile): void {
  closeSync(file.fd)
}

function damaged(path: string): TributaryError {
  return damagedFile(path, 'its content does not match its checksums')
}
