import { TributaryError } from '../../core/errors.ts'
import type { Inbox } from '../../core/ports/inbox.ts'
import type { TaskResult } from '../batch/task.ts'
import type { Ingest } from '../ingest.ts'
import { takeFile } from './take-file.ts'
import { LOOK_SECONDS, MAX_LOOKS, MAX_TROUBLES, met, named, type Trouble } from './troubles.ts'

export type FileIngestPorts = {
  readonly inbox: Inbox
  readonly ingest: Ingest
  /** ms since 1970. */
  readonly now: () => number
  /** Waits, ms. */
  readonly pause: (ms: number) => Promise<void>
}

/** What a run has taken in. */
export type FileIngestTotals = {
  /** Files taken in whole. */
  readonly files: number
  /** Files that could not be read. */
  readonly failed: number
  readonly accepted: number
  readonly rejected: number
  /** Bytes of the files taken in whole, as stored. */
  readonly bytes: number
}

/** Where a run stands between two turns. How far a file is, the inbox keeps as a note of the file. */
export type FileIngestProgress = {
  readonly turn: number
  /** Turns in a row that the stream refused events. */
  readonly refusals: number
  /** Passes through the inbox that have ended. */
  readonly pass: number
  /** The last file that this pass has dealt with; empty where it has just begun. */
  readonly after: string
  /** Files of this pass that may still be written to. */
  readonly waiting: number
  readonly totals: FileIngestTotals
  /** Files that the run could not deal with yet, and those it leaves in the inbox. */
  readonly troubles: readonly Trouble[]
  /** The last files that were put aside. */
  readonly aside: readonly Pick<Trouble, 'file' | 'reason'>[]
}

export type FileIngestResult = TaskResult<{
  /**
   * `more`: go on at once. `wait`: after some time, to send what the stream refused, or to look at a file
   * again. `late`: the stream refused events for an hour; the next run begins again.
   */
  readonly status: 'more' | 'wait' | 'late' | 'done'
  readonly seconds: number
  readonly progress: FileIngestProgress
}>

export type FileIngest = (progress: FileIngestProgress) => Promise<FileIngestResult>

export const NO_PROGRESS: FileIngestProgress = {
  ...{ turn: 0, refusals: 0, pass: 0, after: '', waiting: 0 },
  totals: { files: 0, failed: 0, accepted: 0, rejected: 0, bytes: 0 },
  troubles: [],
  aside: [],
}

/** A turn ends after this time, which leaves its function twice as much for the last chunk and the move. */
const TURN_MS = 240_000
/** Turns of a run: with those in which nothing goes wrong, 20 hours; the machine's time-out is a day. */
const MAX_TURNS = 300
/** Files of one listing. */
const MAX_FILES = 1000
/** Between two turns after a refusal, s; 120 of them are an hour. */
const REFUSED_SECONDS = 30
const MAX_REFUSALS = 120

/**
 * Builds the step that takes in files: each line is an event, which goes through the same ingest as those
 * sent by HTTP. A file that was sent whole is moved to `done`. One that cannot be read is looked at three
 * times, half a minute apart, or once where no later look could help; then it is moved to `failed`, with
 * what could be read of it sent. One that cannot be moved either is left, and named. None keeps the
 * others waiting.
 *
 * What was sent of a file is noted in the inbox as it goes, so that no later run sends it again: an id counts
 * once for as long as ids are remembered only. Lines that were sent just before a crash are sent again by the
 * same run, within minutes. (Lines that are rejected are then kept twice.)
 *
 * @throws (the step) TributaryError of ingest, of the inbox as a whole, and `storage_failed` where over 30
 * files are in trouble: then it is not they
 */
export function createFileIngest(ports: FileIngestPorts): FileIngest {
  return async before => {
    const endsAt = ports.now() + TURN_MS
    let progress: FileIngestProgress = { ...before, turn: before.turn + 1 }
    for (let isLast = false; !isLast; ) {
      const listed = await ports.inbox.list(MAX_FILES, progress.after === '' ? undefined : progress.after)
      for (const file of listed) {
        const taken = await takeFile(ports, file, progress, endsAt)
        progress = taken.progress
        if (taken.state === 'refused') return refused(progress)
        if (taken.state === 'unfinished') return answer('more', progress)
        progress = dealtWith(progress, file.name, taken.state)
        if (ports.now() >= endsAt) return answer('more', progress)
      }
      isLast = listed.length < MAX_FILES
    }
    return atTheEnd(progress)
  }
}

function dealtWith(
  progress: FileIngestProgress,
  after: string,
  state: 'sent' | 'passed' | 'waiting',
): FileIngestProgress {
  return {
    ...progress,
    after,
    troubles: met(progress.troubles, after, progress.pass),
    waiting: progress.waiting + (state === 'waiting' ? 1 : 0),
    refusals: state === 'sent' ? 0 : progress.refusals,
  }
}

/** All files have been looked at: the run ends, or looks at some once more. */
function atTheEnd(after: FileIngestProgress): FileIngestResult {
  // What this pass has not met is gone.
  const troubles = after.troubles.filter(({ pass }) => pass === after.pass)
  if (troubles.length > MAX_TROUBLES)
    throw new TributaryError(
      'storage_failed',
      `inbox: over ${MAX_TROUBLES} files cannot be read: ${troubles[0]!.file.slice(0, 200)}: ${troubles[0]!.reason}`,
    )
  const isOpen = troubles.some(({ looks }) => looks < MAX_LOOKS)
  const shown = answer(isOpen ? 'wait' : 'done', { ...after, troubles }, LOOK_SECONDS)
  return { ...shown, progress: { ...shown.progress, pass: after.pass + 1, after: '', waiting: 0 } }
}

function answer(
  wanted: FileIngestResult['status'],
  progress: FileIngestProgress,
  seconds = 0,
): FileIngestResult {
  const status = wanted !== 'done' && wanted !== 'late' && progress.turn >= MAX_TURNS ? 'done' : wanted
  const { totals, troubles, aside, waiting } = progress
  const files = { waiting, left: troubles.length, leftFiles: named(troubles), failedFiles: named(aside) }
  return {
    status,
    seconds,
    progress,
    report: { fileIngest: { ...totals, ...files, more: wanted !== 'done' } },
  }
}

function refused(progress: FileIngestProgress): FileIngestResult {
  const next = { ...progress, refusals: progress.refusals + 1 }
  return answer(next.refusals >= MAX_REFUSALS ? 'late' : 'wait', next, REFUSED_SECONDS)
}
