import { openSync, readSync } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { TributaryError } from '../../../core/errors.ts'
import { damaged } from '../../files/checked-text.ts'
import { blockLength } from './block.ts'

/** One file of the log. */
export type Segment = {
  readonly path: string
  /** Offset of its first byte in the whole log; also its name. */
  readonly base: number
  /** Bytes of whole, durable blocks. */
  size: number
  /** When it was last written, ms since 1970. */
  writtenAt: number
}

const NAME = /^(\d{16})\.log$/

/**
 * Path of the segment that begins at `base`: 16 digits hold every safe integer, so names sort as numbers do.
 */
export function segmentPath(dir: string, base: number): string {
  return join(dir, `${String(base).padStart(16, '0')}.log`)
}

/** Path of the mark that says how far the log in a folder is durable. */
export function endMarkPath(dir: string): string {
  return join(dir, 'durable-end')
}

/** Offsets at which the segments of a folder begin, in order. */
export function segmentBases(names: readonly string[]): number[] {
  const bases = names.flatMap(name => NAME.exec(name)?.[1] ?? [])
  return bases.map(Number).sort((a, b) => a - b)
}

/**
 * The segments of a folder, oldest first.
 * @throws `corrupt_data` when one does not begin where the one before it ends.
 */
export async function listSegments(dir: string): Promise<Segment[]> {
  const segments: Segment[] = []
  for (const base of segmentBases(await readdir(dir))) {
    const path = segmentPath(dir, base)
    const { size, mtimeMs } = await stat(path)
    const before = segments.at(-1)
    if (before !== undefined && before.base + before.size !== base) {
      throw corrupt(before, Math.min(before.size, base - before.base))
    }
    segments.push({ path, base, size, writtenAt: mtimeMs })
  }
  return segments
}

/** Names the file and the offset in it from which a log cannot be read. */
export function corrupt(segment: { readonly path: string }, offset: number): TributaryError {
  return damaged(segment.path, `${basename(segment.path)} is not intact at byte ${offset}`)
}

/** Where a block lies: `at` in `bytes`, `lsn` in the log. */
export type BlockView = {
  readonly bytes: Buffer
  readonly at: number
  readonly lsn: number
  readonly length: number
}

/** The intact blocks of a buffer whose first byte is at `lsn`, up to the first that is not. */
export function* blocksIn(bytes: Buffer, lsn: number): Generator<BlockView> {
  let at = 0
  for (;;) {
    const length = blockLength(bytes, at, bytes.length - at, lsn + at)
    if (length === 0) return
    yield { bytes, at, lsn: lsn + at, length }
    at += length
  }
}

/**
 * The intact blocks of a segment from `from` on, through `buffer` (at least a block long), which is used
 * again for what follows. Returns where the first block that is not intact would begin: the segment's end if
 * all are.
 */
export function* blocksOf(
  fd: number,
  segment: Segment,
  from: number,
  buffer: Buffer,
): Generator<BlockView, number> {
  let lsn = from
  for (;;) {
    const length = readSync(fd, buffer, 0, buffer.length, lsn - segment.base)
    const before = lsn
    for (const block of blocksIn(buffer.subarray(0, length), lsn)) {
      yield block
      lsn += block.length
    }
    if (lsn === before) return lsn
  }
}

/** Opens a segment for reading. */
export function openSegment(segment: { readonly path: string }): number {
  return openSync(segment.path, 'r')
}
