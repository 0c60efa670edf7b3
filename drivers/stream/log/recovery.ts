import { closeSync, readFileSync } from 'node:fs'
import { TributaryError } from '../../../core/errors.ts'
import { damaged } from '../../files/checked-text.ts'
import { readMark } from '../../files/mark.ts'
import { BLOCK_BYTES, BLOCK_MAGIC, blockLength, durableBefore, entriesOf } from './block.ts'
import { addToEpochs } from './epochs.ts'
import { type LedgerState, ledgerPath, loadLedger, NEVER } from './ledger-file.ts'
import {
  blocksOf,
  corrupt,
  endMarkPath,
  listSegments,
  openSegment,
  type Segment,
  segmentPath,
} from './segment.ts'
import { count, type Tally } from './tally.ts'

/** What a folder holds once whatever a crash left unfinished is set aside. */
export type Recovered = {
  /** Oldest first, at least one; the last one's size ends with its last intact block. */
  readonly segments: Segment[]
  /** The ledger through the end of the log. */
  readonly ledger: LedgerState
  /** How much of the log the ledger file counts. */
  readonly coveredTo: number
}

/**
 * Reads back a log's state, changing nothing.
 *
 * A crash leaves at most one unfinished commit, at the end of the last segment: it was not acknowledged, and
 * is left out. Damage anywhere else is damage to acknowledged data.
 * @param reached how far consumers say they have read: a log that ends before has lost its end, and what it
 *   would take in could not be consumed
 * @throws `corrupt_data` for such damage, naming file and offset; `invalid_setting` when the epoch length
 * changed.
 */
export async function recover(dir: string, epochLength: number, reached = 0): Promise<Recovered> {
  const saved = await loadLedger(dir)
  if (saved !== undefined && saved.epochLength !== epochLength) throw otherLength(dir, saved, epochLength)
  const segments = await listSegments(dir)
  if (segments.length === 0) segments.push(firstSegment(dir, saved?.lsn ?? 0))
  if (saved === undefined && segments[0]!.base > 0) {
    throw damaged(ledgerPath(dir), 'it is not there, and the beginning of the log neither')
  }
  const known = saved ?? emptyLedger(epochLength)
  const ledger = scan(segments, known)
  const [durable = 0] = readMark(endMarkPath(dir), 1) ?? []
  requireEnd(segments.at(-1)!, ledger.lsn, Math.max(durable, reached))
  return { segments, ledger, coveredTo: known.lsn }
}

function requireEnd(last: Segment, end: number, durable: number): void {
  if (end >= durable) return
  throw damaged(last.path, `the log ends at ${end}, but was durable through ${durable}`)
}

function emptyLedger(epochLength: number): LedgerState {
  return { epochLength, closedThrough: NEVER, lsn: 0, latestArrival: 0, epochs: new Map() }
}

function firstSegment(dir: string, base: number): Segment {
  return { path: segmentPath(dir, base), base, size: 0, writtenAt: 0 }
}

function scan(segments: readonly Segment[], saved: LedgerState): LedgerState {
  const last = segments.at(-1)!
  const buffer = Buffer.allocUnsafeSlow(BLOCK_BYTES)
  let ledger = saved
  for (const segment of segments) {
    const end = segment.base + segment.size
    if (segment !== last && end <= saved.lsn) continue
    ledger = scanSegment(segment, ledger, buffer, segment === last)
  }
  return ledger
}

function scanSegment(segment: Segment, before: LedgerState, buffer: Buffer, last: boolean): LedgerState {
  if (segment.size === 0) return endsBefore(segment, segment.base, before)
  const fd = openSegment(segment)
  try {
    const blocks = blocksOf(fd, segment, segment.base, buffer)
    let latestArrival = before.latestArrival
    let step = blocks.next()
    for (; !step.done; step = blocks.next()) {
      const { bytes, at, lsn, length } = step.value
      if (lsn < before.lsn) continue
      const tally: Tally = new Map()
      for (const entry of entriesOf(bytes, at, length, lsn)) {
        count(tally, entry.epoch, entry.type, entry.count)
        latestArrival = Math.max(latestArrival, entry.arrival)
      }
      addToEpochs(before.epochs, tally, lsn + length)
    }
    const end = step.value
    if (end < segment.base + segment.size) setAsideTail(segment, end, last)
    return endsBefore(segment, end, { ...before, latestArrival })
  } finally {
    closeSync(fd)
  }
}

function endsBefore(segment: Segment, end: number, ledger: LedgerState): LedgerState {
  if (end < ledger.lsn) throw corrupt(segment, end - segment.base)
  return { ...ledger, lsn: end }
}

function setAsideTail(segment: Segment, end: number, last: boolean): void {
  if (!last || laterCommit(segment, end)) throw corrupt(segment, end - segment.base)
  segment.size = end - segment.base
}

// A block written when the log was already durable beyond `end` proves that what lies at `end` was
// acknowledged.
function laterCommit(segment: Segment, end: number): boolean {
  const bytes = readFileSync(segment.path)
  let at = bytes.indexOf(BLOCK_MAGIC, end - segment.base + 1)
  for (; at !== -1; at = bytes.indexOf(BLOCK_MAGIC, at + 1)) {
    const intact = blockLength(bytes, at, bytes.length - at, segment.base + at) > 0
    if (intact && durableBefore(bytes, at) > end) return true
  }
  return false
}

function otherLength(dir: string, saved: LedgerState, epochLength: number): TributaryError {
  return new TributaryError(
    'invalid_setting',
    `the log in ${dir} has epochs of ${saved.epochLength} ms; with ${epochLength} ms closed epochs would open again`,
  )
}
