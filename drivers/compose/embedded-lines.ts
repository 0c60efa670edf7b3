import { join } from 'node:path'
import type { DeadLetters } from '../../core/ports/dead-letters.ts'
import { openDeadLetters } from '../dead-letters/files.ts'
import { openRejectedFiles } from '../rejected/files/files.ts'
import { type Kept, openKept } from '../rejected/files/kept.ts'
import { type Log, openLog } from '../stream/log/log.ts'
import type { LogOptions } from '../stream/log/options.ts'
import { type LogReader, openLogReader } from '../stream/log/reader.ts'
import type { LogShared } from '../stream/log/shared.ts'
import type { EmbeddedPaths } from './embedded.ts'

type RejectedOptions = Parameters<typeof openRejectedFiles>[0]

/** The durable log, for the one thread that appends to it. */
export function openEmbeddedLog({ log }: EmbeddedPaths, options: Omit<LogOptions, 'dir'>): Promise<Log> {
  return openLog({ ...options, dir: log })
}

/** A reader of the log; any thread may open one. */
export function openEmbeddedLogReader({ log }: Pick<EmbeddedPaths, 'log'>, shared: LogShared): LogReader {
  return openLogReader(log, shared)
}

/** Records that could not be applied: of a lane, in a folder of its own where there are several. */
export function openLaneDeadLetters(
  { deadLetters }: EmbeddedPaths,
  lane = 0,
  lanes = 1,
): Promise<DeadLetters> {
  return openDeadLetters({ dir: lanes === 1 ? deadLetters : join(deadLetters, `lane-${lane}`) })
}

/** Rejected events, for the one thread that keeps and lists them. */
export function openRejected({ rejected }: EmbeddedPaths, options: Omit<RejectedOptions, 'folder'>) {
  return openRejectedFiles({ ...options, folder: rejected })
}

/** What is kept of rejected events, and what is missing of it, for a folder that nobody works in. */
export function openKeptRejected({ rejected }: EmbeddedPaths): Kept {
  return openKept(rejected, 0)
}
