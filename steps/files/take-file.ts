import { TributaryError, toTributaryError } from '../../core/errors.ts'
import type { InboxFile, InboxNote } from '../../core/ports/inbox.ts'
import { foreign } from './event-lines.ts'
import type { FileIngestPorts, FileIngestProgress, FileIngestTotals } from './file-ingest.ts'
import { lineChunks } from './line-chunks.ts'
import { sendLines } from './send-lines.ts'
import { MAX_LOOKS, troubleWith, withLook, without } from './troubles.ts'

/** A file that has not changed for this time is whole, ms. */
const SETTLED_MS = 60_000
/** Clocks of this machine and of a storage may differ by this; a later file is from the future, ms. */
const SKEW_MS = 60_000
/**
 * How often a file is begun without anything of it being sent, where the storage fails or the function is
 * cut off at it: after that the run leaves it, for this time (ms), and goes on with the files behind it.
 */
const MAX_TRIES = 3
const REST_MS = 3_600_000
/** Names of files put aside that a report gives. */
const MAX_NAMED = 20
/**
 * One call of ingest: a tenth of what a request by HTTP may hold. The line's limit leaves room for events
 * that are too large. The same lines go together whenever a file is read from a byte on.
 */
const LIMITS = { lines: 1000, bytes: 1_000_000, line: 4_000_000 }

export type TakenFile = {
  /**
   * `waiting`: it may still be written to. `passed`: it is in trouble, put aside, or has changed. `sent`:
   * all of it. `unfinished`: the turn's time is over. `refused`: the stream takes no more.
   */
  readonly state: 'sent' | 'passed' | 'waiting' | 'unfinished' | 'refused'
  readonly progress: FileIngestProgress
}

type Task = {
  readonly ports: FileIngestPorts
  readonly file: InboxFile
  /** When the turn ends, ms since 1970. */
  readonly endsAt: number
}

/** Deals with a file of the listing. */
export async function takeFile(
  ports: FileIngestPorts,
  file: InboxFile,
  before: FileIngestProgress,
  endsAt: number,
): Promise<TakenFile> {
  const now = ports.now()
  const looks = troubleWith(before.troubles, file)?.looks ?? 0
  const isFromTheFuture = file.writtenAt > now + SKEW_MS
  if (isFromTheFuture && looks < MAX_LOOKS - 1) return inTrouble(file, before, fromTheFuture(file))
  if (!isFromTheFuture && file.writtenAt > now - SETTLED_MS) return { state: 'waiting', progress: before }
  if (looks >= MAX_LOOKS) return { state: 'passed', progress: before }
  const task = { ports, file, endsAt }
  const note = await ofTheFile(() => ports.inbox.noted(file))
  if (note instanceof TributaryError) return inTrouble(file, before, note.message)
  const begun = await begin(task, note)
  if (begun === undefined) return inTrouble(file, before, 'the storage fails whenever it is read or moved')
  return begun.isSent ? moveAway(task, before, begun) : sendFile(task, before, begun)
}

/** By its time nothing can be told; it is whole when it has not changed from look to look. */
function fromTheFuture({ writtenAt }: InboxFile): string {
  const at = new Date(writtenAt).toISOString()
  return `it is from the future (${at}); it is taken in when it stays as it is for a minute`
}

/** Notes that the file is begun; undefined where that has ended badly too often. */
async function begin(
  { ports, file }: Task,
  before: InboxNote = { offset: 0, tries: 0, triedAt: 0, isSent: false },
): Promise<InboxNote | undefined> {
  const now = ports.now()
  const tries = before.triedAt > now - REST_MS ? before.tries : 0
  if (tries >= MAX_TRIES) return undefined
  const note = { ...before, tries: tries + 1, triedAt: now }
  await ports.inbox.note(file, note)
  return note
}

/** Sends a file from where its note says, until the turn's time is over. */
async function sendFile(task: Task, before: FileIngestProgress, begun: InboxNote): Promise<TakenFile> {
  const { ports, file, endsAt } = task
  let [progress, note] = [before, begun]
  const chunks = lineChunks(ports.inbox.read(file, note.offset), note.offset, LIMITS)
  try {
    for (;;) {
      const next = await ofTheFile(() => chunks.next())
      if (next instanceof TributaryError) return await giveUp(task, progress, note, next)
      if (next.done === true) break
      const chunk = next.value
      const problem = note.offset === 0 && note.open === undefined ? foreign(chunk.lines) : undefined
      if (problem !== undefined) return await giveUp(task, progress, note, problem)
      const open = note.open ?? chunk.lines.map((_, i) => i)
      const { refused, ...counts } = await sendLines(
        ports,
        open.map(i => chunk.lines[i]!),
      )
      progress = { ...progress, totals: added(progress.totals, counts) }
      note = afterSending(
        note,
        chunk.end,
        refused.map(i => open[i]!),
      )
      await ports.inbox.note(file, note)
      if (refused.length > 0) return { state: 'refused', progress }
      if (ports.now() >= endsAt) return { state: 'unfinished', progress }
    }
  } finally {
    await chunks.return(undefined)
  }
  return moveAway(task, progress, note)
}

function afterSending({ offset, triedAt }: InboxNote, end: number, open: readonly number[]): InboxNote {
  const isAll = open.length === 0
  return { offset: isAll ? end : offset, ...(!isAll && { open }), tries: 0, triedAt, isSent: false }
}

/** Moves a file away that was sent whole. */
async function moveAway(
  { ports, file }: Task,
  progress: FileIngestProgress,
  note: InboxNote,
): Promise<TakenFile> {
  const moved = await ofTheFile(() => ports.inbox.move(file, { place: 'done', day: dayOf(ports) }))
  if (moved instanceof TributaryError) {
    // Its lines need not be looked at again.
    await ports.inbox.note(file, { ...note, isSent: true, tries: 0 })
    return inTrouble(file, progress, `${moved.message} (all of it was taken in: it may be removed)`)
  }
  return { state: 'sent', progress: leaving(progress, file, moved ? { files: 1, bytes: file.bytes } : {}) }
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
  { ports, file }: Task,
  progress: FileIngestProgress,
  note: InboxNote,
  failure: TributaryError,
): Promise<TakenFile> {
  // It has changed meanwhile, and is a later run's.
  if (failure.code === 'conflict') return { state: 'passed', progress: leaving(progress, file, {}) }
  // The file answers for this failure, by its looks.
  await ports.inbox.note(file, { ...note, tries: 0 })
  const isForGood = failure.code === 'corrupt_data' || failure.code === 'too_large'
  const looks = (troubleWith(progress.troubles, file)?.looks ?? 0) + 1
  if (!isForGood && looks < MAX_LOOKS) return inTrouble(file, progress, failure.message)
  const reason = `${failure.message}\nLines before byte ${note.offset} were sent.\n`
  const to = { place: 'failed', day: dayOf(ports), reason } as const
  const moved = await ofTheFile(() => ports.inbox.move(file, to))
  if (moved instanceof TributaryError) return inTrouble(file, progress, failure.message)
  const named = { file: file.name, reason: failure.message.slice(0, 300) }
  const aside = moved ? [...progress.aside, named].slice(-MAX_NAMED) : progress.aside
  return { state: 'passed', progress: { ...leaving(progress, file, moved ? { failed: 1 } : {}), aside } }
}

/** The file stays where it is, for another look, or as one that the run leaves and names. */
function inTrouble(file: InboxFile, before: FileIngestProgress, reason: string): TakenFile {
  const troubles = withLook(before.troubles, file, reason, before.pass)
  return { state: 'passed', progress: { ...before, troubles } }
}

function leaving(
  progress: FileIngestProgress,
  { name }: InboxFile,
  counts: Partial<FileIngestTotals>,
): FileIngestProgress {
  const troubles = without(progress.troubles, name)
  return { ...progress, totals: added(progress.totals, counts), troubles }
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
