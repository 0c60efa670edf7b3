import { type TributaryError, toTributaryError } from '../../core/errors.ts'
import type { Inbox, InboxFile } from '../../core/ports/inbox.ts'
import type { TaskResult } from '../batch/task.ts'
import type { Ingest } from '../ingest.ts'
import { eventOfLine, requireObjects } from './event-lines.ts'
import { type LineChunk, lineChunks } from './line-chunks.ts'

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
}

export type FileIngestResult = TaskResult<{
  /**
   * `more`: go on at once. `wait`: after some time. `late`: the stream refused events for an hour; the next
   * run begins again.
   */
  readonly status: 'more' | 'wait' | 'late' | 'done'
  readonly seconds: number
  readonly progress: FileIngestProgress
}>

export type FileIngest = (progress: FileIngestProgress) => Promise<FileIngestResult>

export const NO_PROGRESS: FileIngestProgress = {
  ...{ turn: 0, refusals: 0, file: '', version: '', offset: 0 },
  totals: { files: 0, failed: 0, accepted: 0, rejected: 0, bytes: 0 },
}

/** A file that has not changed for this time is whole, ms. */
const SETTLED_MS = 60_000
/** A turn ends after this time, which leaves its function twice as much for the last chunk and the move. */
const TURN_MS = 240_000
/** Turns of a run: with those in which nothing goes wrong, 20 hours; the machine's time-out is a day. */
const MAX_TURNS = 300
/** Files of one listing. */
const MAX_FILES = 1000
/**
 * One call of ingest: a tenth of what a request by HTTP may hold. The line's limit leaves room for events
 * that are too large.
 */
const LIMITS = { lines: 1000, bytes: 1_000_000, line: 4_000_000 }
/** How often refused events are sent again in a turn, and the longest pause before, ms. */
const RESENDS = 4
const LONGEST_PAUSE_MS = 10_000
/** Between two turns after a refusal, s; 120 of them are an hour. */
const REFUSED_SECONDS = 30
const MAX_REFUSALS = 120

/**
 * Builds the step that takes in files: each line is an event, which goes through the same ingest as those
 * sent by HTTP. A file that was sent whole is moved to `done`; one that cannot be read, to `failed`, with
 * what could be read of it sent.
 *
 * What was sent and not recorded as progress is sent again: an id counts once, so that numbers stay exact.
 * (Lines that are rejected are then kept twice.)
 *
 * @throws (the step) TributaryError of the inbox or of ingest
 */
export function createFileIngest(ports: FileIngestPorts): FileIngest {
  return async before => {
    const { inbox, now } = ports
    const [startedAt, turn] = [now(), before.turn + 1]
    const listed = await inbox.list(MAX_FILES)
    const settled = listed.filter(file => file.writtenAt <= startedAt - SETTLED_MS)
    let progress: FileIngestProgress = { ...before, turn }
    for (const file of settled) {
      const sent = await takeIn(ports, file, progress, startedAt + TURN_MS)
      progress = sent.progress
      if (sent.state === 'refused') return refused(progress)
      progress = { ...progress, refusals: 0 }
      if (sent.state === 'unfinished' || now() >= startedAt + TURN_MS) return answer('more', progress)
    }
    return answer(listed.length === MAX_FILES && settled.length > 0 ? 'more' : 'done', progress)
  }
}

function answer(
  wanted: FileIngestResult['status'],
  progress: FileIngestProgress,
  seconds = 0,
): FileIngestResult {
  const status = wanted === 'more' && progress.turn >= MAX_TURNS ? 'done' : wanted
  const report = { ...progress.totals, more: wanted !== 'done' }
  return { status, seconds, progress, report: { fileIngest: report } }
}

function refused(progress: FileIngestProgress): FileIngestResult {
  const next = { ...progress, refusals: progress.refusals + 1 }
  return answer(next.refusals >= MAX_REFUSALS ? 'late' : 'wait', next, REFUSED_SECONDS)
}

type TakenIn = {
  readonly state: 'moved' | 'unfinished' | 'refused'
  readonly progress: FileIngestProgress
}

/** Sends a file from where the run stands in it, until the turn's time is over. */
async function takeIn(
  ports: FileIngestPorts,
  file: InboxFile,
  before: FileIngestProgress,
  endsAt: number,
): Promise<TakenIn> {
  const isKnown = before.file === file.name && before.version === file.version
  let progress = { ...before, file: file.name, version: file.version, offset: isKnown ? before.offset : 0 }
  try {
    const chunks = lineChunks(ports.inbox.read(file, progress.offset), progress.offset, LIMITS)
    for await (const chunk of chunks) {
      if (progress.offset === 0) requireObjects(chunk.lines)
      const sent = await send(ports, chunk)
      if (sent === undefined) return { state: 'refused', progress }
      progress = { ...progress, offset: chunk.end, totals: added(progress.totals, sent) }
      if (ports.now() >= endsAt) return { state: 'unfinished', progress }
    }
  } catch (error) {
    return { state: 'moved', progress: await giveUp(ports, file, progress, toTributaryError(error)) }
  }
  const isMoved = await ports.inbox.move(file, { place: 'done', day: dayOf(ports) })
  const counts = isMoved ? { files: 1, bytes: file.bytes } : {}
  return { state: 'moved', progress: leaving(progress, counts) }
}

/** Moves away a file that no later attempt could read either; other failures are the state machine's. */
async function giveUp(
  ports: FileIngestPorts,
  file: InboxFile,
  progress: FileIngestProgress,
  failure: TributaryError,
): Promise<FileIngestProgress> {
  // It has changed meanwhile, and is a later run's.
  if (failure.code === 'conflict') return leaving(progress, {})
  if (failure.code !== 'corrupt_data' && failure.code !== 'too_large') throw failure
  const reason = `${failure.message}\nLines before byte ${progress.offset} were sent.\n`
  const isMoved = await ports.inbox.move(file, { place: 'failed', day: dayOf(ports), reason })
  return leaving(progress, isMoved ? { failed: 1 } : {})
}

function leaving(progress: FileIngestProgress, counts: Partial<FileIngestTotals>): FileIngestProgress {
  return { ...progress, file: '', version: '', offset: 0, totals: added(progress.totals, counts) }
}

function added(totals: FileIngestTotals, more: Partial<FileIngestTotals>): FileIngestTotals {
  const sum = (name: keyof FileIngestTotals) => totals[name] + (more[name] ?? 0)
  return {
    ...{ files: sum('files'), failed: sum('failed') },
    ...{ accepted: sum('accepted'), rejected: sum('rejected'), bytes: sum('bytes') },
  }
}

/** Sends lines until none is refused; undefined where some still are. */
async function send(
  { ingest, pause }: FileIngestPorts,
  { lines }: LineChunk,
): Promise<Pick<FileIngestTotals, 'accepted' | 'rejected'> | undefined> {
  let events = lines.map(eventOfLine)
  const counts = { accepted: 0, rejected: 0 }
  for (let attempt = 0; attempt <= RESENDS; attempt++) {
    const outcome = events.length === 0 ? undefined : await ingest(events)
    counts.accepted += outcome?.accepted ?? 0
    counts.rejected += outcome?.rejected.length ?? 0
    if (outcome === undefined || outcome.retry.length === 0) return counts
    events = outcome.retry.map(index => events[index])
    await pause(Math.min(LONGEST_PAUSE_MS, 1000 * Math.max(1, outcome.retryAfterSeconds)))
  }
  return undefined
}

function dayOf({ now }: FileIngestPorts): string {
  return new Date(now()).toISOString().slice(0, 10)
}
