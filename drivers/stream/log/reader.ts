import { closeSync, readdirSync, readSync } from 'node:fs'
import { TributaryError } from '../../../core/errors.ts'
import { storageFailed } from '../../files/durable.ts'
import { BLOCK_BYTES, beginsBlock, entriesOf } from './block.ts'
import type { LogEntry } from './entry.ts'
import { blocksIn, corrupt, openSegment, segmentBases, segmentPath } from './segment.ts'
import { committedEnd, type LogShared, logStart, waitForCommit } from './shared.ts'

/** Reads a log from any thread, beside the writer. */
export type LogReader = {
  /**
   * The durable entries from `from` on, in order: at most 1 MiB of the log, and no further entry once their
   * data amounts to `maxBytes`; none at the end of the log. `from` is `logStart`, or the `sequence` or `next`
   * of an entry. Their `data` is overwritten by the next call. Every block is verified.
   * @throws `corrupt_data` when no intact entry begins at `from`; `not_found` when it was deleted;
   * `storage_failed`.
   */
  read(from: number, maxBytes: number): LogEntry[]
  /** Resolves when there is something to read at `from`, or after `timeoutMs`; says whether there is. */
  wait(from: number, timeoutMs: number): Promise<boolean>
  close(): void
}

type OpenSegment = { readonly fd: number; readonly base: number; readonly path: string }

/** Opens a log for reading: `dir` and `shared` as of the log that the writer has open. */
export function openLogReader(dir: string, shared: LogShared): LogReader {
  const buffer = Buffer.allocUnsafeSlow(BLOCK_BYTES)
  let open: OpenSegment | undefined

  const close = (): void => {
    if (open !== undefined) closeSync(open.fd)
    open = undefined
  }
  const reopen = (lsn: number): OpenSegment => {
    close()
    open = openSegmentAt(dir, shared, lsn)
    return open
  }
  /** The log from `lsn` on, in `buffer`, up to the end of its segment or the committed end. */
  const load = (lsn: number, end: number): Buffer => {
    const length = Math.min(buffer.length, end - lsn)
    const segment = open !== undefined && open.base <= lsn ? open : reopen(lsn)
    const got = readSync(segment.fd, buffer, 0, length, lsn - segment.base)
    if (got > 0) return buffer.subarray(0, got)
    const next = reopen(lsn)
    return buffer.subarray(0, readSync(next.fd, buffer, 0, length, lsn - next.base))
  }

  return {
    read(from, maxBytes) {
      const end = committedEnd(shared)
      if (from === end) return []
      if (from > end) throw new TributaryError('corrupt_data', `the log ends at ${end}, before ${from}`)
      try {
        const bytes = load(from, end)
        const start = blockStart(bytes, from)
        const entries = entriesIn(start === from ? bytes : load(start, end), start, from, maxBytes)
        const first = entries[0]?.sequence
        if (first === undefined || (start !== from && first !== from)) throw corrupt(open!, from - open!.base)
        return entries
      } catch (error) {
        throw storageFailed(`the log in ${dir} cannot be read at ${from}`, error)
      }
    },
    wait: (from, timeoutMs) => waitForCommit(shared, from, timeoutMs),
    close,
  }
}

// An entry knows how far into its block it lies, so that the block can be verified from any entry.
function blockStart(bytes: Buffer, from: number): number {
  return bytes.length < 8 || beginsBlock(bytes, 0) ? from : from - bytes.readUInt32LE(4)
}

function entriesIn(bytes: Buffer, start: number, from: number, maxBytes: number): LogEntry[] {
  const entries: LogEntry[] = []
  let room = maxBytes
  for (const block of blocksIn(bytes, start)) {
    for (const entry of entriesOf(block.bytes, block.at, block.length, block.lsn)) {
      if (entry.sequence < from) continue
      if (room <= 0) return entries
      entries.push(entry)
      room -= entry.data.length
    }
  }
  return entries
}

function openSegmentAt(dir: string, shared: LogShared, lsn: number): OpenSegment {
  const base = segmentBases(readdirSync(dir)).findLast(candidate => candidate <= lsn)
  if (base === undefined || lsn < logStart(shared)) {
    throw new TributaryError('not_found', `the log begins at ${logStart(shared)}; ${lsn} was deleted`)
  }
  const path = segmentPath(dir, base)
  return { fd: openSegment({ path }), base, path }
}
