import { TributaryError, toTributaryError } from '../../core/errors.ts'
import type { Inbox, InboxFile } from '../../core/ports/inbox.ts'
import type { TaskResult } from '../batch/task.ts'
import type { Ingest } from '../ingest.ts'
import { foreign } from './event-lines.ts'
import { lineChunks } from './line-chunks.ts'
import { sendLines } from './send-lines.ts'
import {
  LOOK_SECONDS,
  MAX_LOOKS,
  MAX_TROUBLES,
  named,
  type Trouble,
  troubleWith,
  withLook,
  without,
} from './troubles.ts'

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

/** Where a run stands between two turns. */
export type FileIngestProgress = {
  readonly turn: number
  /** Turns in a row that the stream refused events. */
  readonly refusals: number
  /** The file in hand, its version, and the byte it goes on from; an empty name where none is. */
  readonly file: string
  readonly version: string
  readonly offset: number
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
  ...{ turn: 0, refusals: 0, file: '', version: '', offset: 0 },
  totals: { files: 0, failed: 0, accepted: 0, rejected: 0, bytes: 0 },
  troubles: [],
  aside: [],
}

/** A file that has not changed for this time is whole, ms. */
const SETTLED_MS = 60_000
/** Clocks of this machine and of a storage may differ by this; a later file is from the future, ms. */
const SKEW_MS = 60_000
/** A turn ends after this time, which leaves its function twice as much for the last chunk and the move. */
const TURN_MS = 240_000
/** Turns of a run: with those in which nothing goes wrong, 20 hours; the machine's time-out is a day. */
const MAX_TURNS = 300
/** Files of one listing. */
const MAX_FILES = 1000
/** Names of files put aside that a report gives. */
const MAX_NAMED = 20
/**
 * One call of ingest: a tenth of what a request by HTTP may hold. The line's limit leaves room for events
 * that are too large.
 */
const LIMITS = { lines: 1000, bytes: 1_000_000, line: 4_000_000 }
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
 * What was sent and not recorded as progress is sent again: an id counts once, so that numbers stay exact.
 * (Lines that are rejected are then kept twice.)
 *
 * @throws (the step) TributaryError of ingest, of the inbox as a whole, and `storage_failed` where over 30
 * files are in trouble: then it is not they
 */
export function createFileIngest(ports: FileIngestPorts): FileIngest {
  return async before => {
    const endsAt = ports.now() + TURN_MS
    const seen = new Set<string>()
    let [progress, after, waiting]: [FileIngestProgress, string | undefined, number] = [before, undefined, 0]
    progress = { ...before, turn: before.turn + 1 }
    for (let isLast = false; !isLast; ) {
      const listed = await ports.inbox.list(MAX_FILES, after)
      for (const file of listed) {
        seen.add(file.name)
        const taken = await takeIn(ports, file, progress, endsAt)
        progress = taken.progress
        if (taken.state === 'waiting') waiting++
        if (taken.state === 'refused') return refused(progress)
        if (taken.state === 'sent') progress = { ...progress, refusals: 0 }
        if (taken.state === 'unfinished' || ports.now() >= endsAt)
          return answer('more', progress, { waiting })
      }
      after = listed.at(-1)?.name
      isLast = listed.length < MAX_FILES
    }
    return atTheEnd(
      { ...progress, troubles: progress.troubles.filter(({ file }) => seen.has(file)) },
      waiting,
    )
  }
}

/** All files have been looked at: the run ends, or looks at some once more. */
function atTheEnd(progress: FileIngestProgress, waiting: number): FileIngestResult {
  const { troubles } = progress
  if (troubles.length > MAX_TROUBLES)
    throw new TributaryError(
      'storage_failed',
      `inbox: over ${MAX_TROUBLES} files cannot be read: ${troubles[0]!.file.slice(0, 200)}: ${troubles[0]!.reason}`,
    )
  const isOpen = troubles.some(({ looks }) => looks < MAX_LOOKS)
  return answer(isOpen ? 'wait' : 'done', progress, { waiting, seconds: LOOK_SECONDS })
}

function answer(
  wanted: FileIngestResult['status'],
  progress: FileIngestProgress,
  { waiting = 0, seconds = 0 } = {},
): FileIngestResult {
  const status = wanted !== 'done' && wanted !== 'late' && progress.turn >= MAX_TURNS ? 'done' : wanted
  const { totals, troubles, aside } = progress
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
  return answer(next.refusals >= MAX_REFUSALS ? 'late' : 'wait', next, { seconds: REFUSED_SECONDS })
}

type TakenIn = {
  /**
   * `waiting`: it may still be written to. `passed`: it is in trouble, put aside, or has changed. `sent`:
   * all of it.
   */
  readonly state: 'sent' | 'passed' | 'waiting' | 'unfinished' | 'refused'
  readonly progress: FileIngestProgress
}

/** Deals with a file of the listing. */
async function takeIn(
  ports: FileIngestPorts,
  file: InboxFile,
  before: FileIngestProgress,
  endsAt: number,
): Promise<TakenIn> {
  const now = ports.now()
  const trouble = troubleWith(before.troubles, file)
  const looks = trouble?.looks ?? 0
  if (file.writtenAt > now + SKEW_MS && looks < MAX_LOOKS - 1) return fromTheFuture(file, before)
  if (file.writtenAt <= now + SKEW_MS && file.writtenAt > now - SETTLED_MS)
    return { state: 'waiting', progress: before }
  if (looks >= MAX_LOOKS) return { state: 'passed', progress: before }
  const isKnown = before.file === file.name && before.version === file.version
  const offset = isKnown ? before.offset : (trouble?.offset ?? 0)
  return sendFile(ports, file, { ...before, file: file.name, version: file.version, offset }, endsAt)
}

/** By its time nothing can be told; it is whole when it has not changed from look to look. */
function fromTheFuture(file: InboxFile, before: FileIngestProgress): TakenIn {
  const at = new Date(file.writtenAt).toISOString()
  const reason = `it is from the future (${at}); it is taken in when it stays as it is for a minute`
  return { state: 'passed', progress: { ...before, troubles: withLook(before.troubles, file, 0, reason) } }
}

/** Sends a file from where the run stands in it, until the turn's time is over. */
async function sendFile(
  ports: FileIngestPorts,
  file: InboxFile,
  before: FileIngestProgress,
  endsAt: number,
): Promise<TakenIn> {
  let progress = before
  const { inbox } = ports
  const chunks = lineChunks(inbox.read(file, progress.offset), progress.offset, LIMITS)
  try {
    for (;;) {
      const next = await ofTheFile(() => chunks.next())
      if (next instanceof TributaryError) return await giveUp(ports, file, progress, next)
      if (next.done === true) break
      const chunk = next.value
      const problem = progress.offset === 0 ? foreign(chunk.lines) : undefined
      if (problem !== undefined) return await giveUp(ports, file, progress, problem)
      const sent = await sendLines(ports, chunk)
      if (sent === undefined) return { state: 'refused', progress }
      progress = { ...progress, offset: chunk.end, totals: added(progress.totals, sent) }
      if (ports.now() >= endsAt) return { state: 'unfinished', progress }
    }
  } finally {
    await chunks.return(undefined)
  }
  const moved = await ofTheFile(() => inbox.move(file, { place: 'done', day: dayOf(ports) }))
  if (moved instanceof TributaryError) return inTrouble(file, progress, moved)
  return { state: 'sent', progress: leaving(progress, moved ? { files: 1, bytes: file.bytes } : {}) }
}

/** Failures of the inbox as a whole: the next file would meet them too; the state machine repeats them. */
const OF_THE_INBOX: ReadonlySet<string> = new Set(['unavailable', 'timeout', 'overloaded'])

/** What work on a file comes to, or the failure that is the file's own. */
async function ofTheFile<T>(work: () => Promise<T>): Promise<T | TributaryError> {
  try {
    return await work()
  } catch (error) {
    const failure = toTributaryError(error)
    if (OF_THE_INBOX.has(failure.code)) throw failure
    return failure
  }
}

/** Moves a file away that cannot be read, at once where no later look could help. */
async function giveUp(
  ports: FileIngestPorts,
  file: InboxFile,
  progress: FileIngestProgress,
  failure: TributaryError,
): Promise<TakenIn> {
  // It has changed meanwhile, and is a later run's.
  if (failure.code === 'conflict') return { state: 'passed', progress: leaving(progress, {}) }
  const isForGood = failure.code === 'corrupt_data' || failure.code === 'too_large'
  const looks = (troubleWith(progress.troubles, file)?.looks ?? 0) + 1
  if (!isForGood && looks < MAX_LOOKS) return inTrouble(file, progress, failure)
  const reason = `${failure.message}\nLines before byte ${progress.offset} were sent.\n`
  const to = { place: 'failed', day: dayOf(ports), reason } as const
  const moved = await ofTheFile(() => ports.inbox.move(file, to))
  if (moved instanceof TributaryError) return inTrouble(file, progress, failure)
  const named = { file: file.name, reason: failure.message.slice(0, 300) }
  const aside = moved ? [...progress.aside, named].slice(-MAX_NAMED) : progress.aside
  return { state: 'passed', progress: { ...leaving(progress, moved ? { failed: 1 } : {}), aside } }
}

/** The file stays where it is, for another look, or as one that the run leaves and names. */
function inTrouble(file: InboxFile, before: FileIngestProgress, failure: TributaryError): TakenIn {
  const troubles = withLook(before.troubles, file, before.offset, failure.message)
  return { state: 'passed', progress: { ...leaving(before, {}), troubles } }
}

function leaving(progress: FileIngestProgress, counts: Partial<FileIngestTotals>): FileIngestProgress {
  const troubles = without(progress.troubles, progress.file)
  const totals = added(progress.totals, counts)
  return { ...progress, file: '', version: '', offset: 0, totals, troubles }
}

function added(totals: FileIngestTotals, more: Partial<FileIngestTotals>): FileIngestTotals {
  const sum = (name: keyof FileIngestTotals) => totals[name] + (more[name] ?? 0)
  return {
    ...{ files: sum('files'), failed: sum('failed') },
    ...{ accepted: sum('accepted'), rejected: sum('rejected'), bytes: sum('bytes') },
  }
}

function dayOf({ now }: FileIngestPorts): string {
  return new Date(now()).toISOString().slice(0, 10)
}
