import { readdirSync, readFileSync } from 'node:fs'
import { BLOCK_MAGIC, blockLength, entriesOf } from './block.ts'
import type { LogEntry } from './entry.ts'
import { type BlockView, segmentBases, segmentPath } from './segment.ts'

/** A part of a log that cannot be read: `from` … `to`−1, and in which file it is. */
export type Gap = { readonly path: string; readonly from: number; readonly to: number }

/** What of a log can be read, whatever is damaged. */
export type Survey = {
  /** Where the oldest file begins. */
  readonly start: number
  /** Where the last intact block ends. */
  readonly end: number
  /** Damage between intact blocks, or between files. */
  readonly gaps: readonly Gap[]
  /** What follows the last intact block, as far as the last file goes: torn by a crash, or damaged. */
  readonly tail: Gap | undefined
  /** Largest arrival, ms since 1970; 0 in a log without records. */
  readonly latestArrival: number
}

/** Reads a whole log, a file at a time, and says what of it is intact. Changes nothing. */
export function surveyLog(dir: string): Survey {
  const [start = 0] = segmentBases(readdirSync(dir))
  let [end, latestArrival] = [start, 0]
  const gaps: Gap[] = []
  let path = segmentPath(dir, start)
  for (const block of intactBlocks(dir)) {
    if (block.lsn > end) gaps.push({ path, from: end, to: block.lsn })
    path = block.path
    end = block.lsn + block.length
    for (const { arrival } of entriesOf(block.bytes, block.at, block.length, block.lsn))
      latestArrival = Math.max(latestArrival, arrival)
  }
  const fileEnd = endOfFiles(dir)
  const tail = fileEnd > end ? { path: lastPath(dir) ?? path, from: end, to: fileEnd } : undefined
  return { start, end, gaps, tail, latestArrival }
}

/** The intact blocks of a log, in order, also after damage. */
export function* intactBlocks(dir: string): Generator<BlockView & { readonly path: string }> {
  for (const base of segmentBases(readdirSync(dir))) {
    const path = segmentPath(dir, base)
    const bytes = readFileSync(path)
    for (let at = 0; at >= 0; ) {
      const length = blockLength(bytes, at, bytes.length - at, base + at)
      if (length > 0) yield { bytes, at, lsn: base + at, length, path }
      at = length > 0 ? at + length : bytes.indexOf(BLOCK_MAGIC, at + 1)
    }
  }
}

/** The entries of the intact blocks from a place of the log on, a block at a time. */
export function* intactEntries(dir: string, from: number): Generator<readonly LogEntry[]> {
  for (const { bytes, at, length, lsn } of intactBlocks(dir)) {
    if (lsn + length <= from) continue
    const entries = [...entriesOf(bytes, at, length, lsn)].filter(({ sequence }) => sequence >= from)
    if (entries.length > 0) yield entries
  }
}

function lastPath(dir: string): string | undefined {
  const base = segmentBases(readdirSync(dir)).at(-1)
  return base === undefined ? undefined : segmentPath(dir, base)
}

function endOfFiles(dir: string): number {
  const base = segmentBases(readdirSync(dir)).at(-1)
  return base === undefined ? 0 : base + readFileSync(segmentPath(dir, base)).length
}
