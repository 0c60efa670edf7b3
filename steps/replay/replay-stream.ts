import { formatInstant } from '../../core/data/time.ts'
import { TributaryError } from '../../core/errors.ts'
import type { CountedSince } from '../../core/ports/counted-since.ts'
import type { SpeedConsumer } from '../../core/ports/stream/speed-consumer.ts'
import type { Places, StreamReader } from '../../core/ports/stream/stream-reader.ts'
import type { RealTimeViews } from '../../core/ports/views.ts'
import type { ApplySpeed } from '../apply-speed.ts'
import { requireNamed } from '../batch/lookup.ts'
import type { TaskResult } from '../batch/task.ts'
import { applyPiece } from './apply-piece.ts'
import { firstEpoch, type ReplayRangePorts } from './replay-range.ts'

export type ReplayStreamPorts = ReplayRangePorts & {
  readonly speed: Pick<RealTimeViews, 'drop'>
  readonly consumer: SpeedConsumer
  readonly reader: StreamReader
  /** The speed step for the views of some metrics and tallies, by id. */
  readonly apply: (ids: ReadonlySet<string>) => ApplySpeed
  readonly countedSince: CountedSince
  /** Records of one piece at most; default: as many as there is time for. */
  readonly recordsAtOnce?: number
}

/** How far a replay has come; a piece goes on where the one before it stood. */
export type ReplayProgress = {
  /** First epoch that is rebuilt, ms since 1970. */
  readonly from: number
  /** Whether all of the old views is gone. */
  readonly forgotten: boolean
  /** How far the stream has been applied. */
  readonly places: Places
  /** How often it was begun: the consumer must stand still from the first piece to the last. */
  readonly begun: number
  readonly records: number
  readonly events: number
  readonly duplicates: number
  readonly unreadable: number
}

/**
 * `timeLeft`: ms until the function is ended. `only`: names of metrics and types; default: all. `progress`:
 * none for the first piece.
 */
export type ReplayStreamTask = {
  readonly timeLeft: () => number
  readonly only?: readonly string[] | undefined
  readonly progress?: ReplayProgress | undefined
}

export type ReplayStreamResult = TaskResult<{
  /** `more`: the next piece is to be done, with this progress. */
  readonly status: 'more' | 'done'
  readonly progress: ReplayProgress
}>

export type ReplayStream = (task: ReplayStreamTask) => Promise<ReplayStreamResult>

/** Time kept for the report, ms. A call to the stream or the tables that hangs is left alone. */
const RESERVE_MS = 75_000
/** How often somebody may let the consumer go on underneath before the replay gives up. */
const MOST_BEGINNINGS = 3
/** Progress travels with the state of a run, which ends at 262,144 bytes (AWS Step Functions quotas). */
const LONGEST_PROGRESS = 200_000

/**
 * Builds the replay of a stream that no consumer of the raw lake can be paused for: real-time views made anew
 * from the stream itself, from the oldest epoch that some boundary has not passed.
 *
 * The speed step does it, with the consumer at rest. Markers know each position that claimed an id, so an
 * event counts exactly where it counted before; live events go on after it. For that the markers of the first
 * epoch, and those of the horizon before it, must all be there still.
 *
 * It is done in pieces, of as much as a function has time for. The consumer rests until the last of them has
 * ended: what it applied in between would hide what comes before it. A piece that was cut off is done again
 * from where it began, and what it had applied is left out by its position.
 *
 * @throws (the step) TributaryError `conflict`, before anything is forgotten, when the stream or the markers
 * do not reach back to the oldest epoch. After a failure the consumer rests: the piece is done again, or the
 * consumer is let go on by whoever gives up.
 */
export function createReplayStream(ports: ReplayStreamPorts): ReplayStream {
  const { pipeline, consumer } = ports
  return async ({ timeLeft, only, progress }) => {
    const ids = requireNamed(pipeline, only)
    const left = () => timeLeft() - RESERVE_MS
    const goesOn = progress !== undefined && (await consumer.isPaused())
    const begun = goesOn ? progress : await begin(ports, ids, progress?.begun ?? 0)
    const forgotten = begun.forgotten || (await forget(ports, ids, left))
    if (!forgotten) return more(begun)
    const piece = { ids, from: begun.from, after: begun.places, left }
    const { isDone, ...applied } = await applyPiece(ports, piece)
    const next = added({ ...begun, forgotten }, applied)
    if (!isDone) return more(next)
    // Did somebody let the consumer go on, it may have hidden what was applied since.
    if (!(await consumer.isPaused())) return more(await begin(ports, ids, next.begun))
    await ports.countedSince.note(new Map([...ids].map(id => [id, begun.from])))
    await consumer.resume()
    return { status: 'done', progress: next, report: reportOf(next) }
  }
}

/** Finds what a replay has to do before it stops the consumer; nothing is forgotten yet. */
async function begin(
  ports: ReplayStreamPorts,
  ids: ReadonlySet<string>,
  times: number,
): Promise<ReplayProgress> {
  if (times >= MOST_BEGINNINGS)
    throw new TributaryError(
      'conflict',
      `the consumer of the stream was let go on ${times} times while the views were rebuilt; find out by whom, then replay`,
    )
  const from = await firstEpoch(ports, ids)
  await ports.consumer.pause()
  const nothing = { records: 0, events: 0, duplicates: 0, unreadable: 0 }
  return { from, forgotten: false, places: {}, begun: times + 1, ...nothing }
}

function added(
  { from, forgotten, begun, ...before }: ReplayProgress,
  { places, ...applied }: Omit<Awaited<ReturnType<typeof applyPiece>>, 'isDone'>,
): ReplayProgress {
  return {
    ...{ from, forgotten, begun },
    places: { ...before.places, ...places },
    records: before.records + applied.records,
    events: before.events + applied.events,
    duplicates: before.duplicates + applied.duplicates,
    unreadable: before.unreadable + applied.unreadable,
  }
}

function more(progress: ReplayProgress): ReplayStreamResult {
  const shards = Object.keys(progress.places).length
  if (JSON.stringify(progress).length > LONGEST_PROGRESS)
    throw new TributaryError(
      'too_large',
      `how far ${shards} shards are read does not fit the state of a run; merge shards, then replay`,
    )
  return { status: 'more', progress, report: reportOf(progress) }
}

function reportOf({ from, records, events, duplicates, unreadable }: ReplayProgress) {
  return { rebuilt: { from: formatInstant(from), records, events, duplicates, unreadable } }
}

/**
 * Forgets the old views; false where the time was not enough. A store gives one call so much time, in which
 * it gets on with what it has to remove: what is left takes another.
 */
async function forget(
  { speed }: ReplayStreamPorts,
  ids: ReadonlySet<string>,
  left: () => number,
): Promise<boolean> {
  for (const id of ids)
    for (let isGone = false; !isGone; ) {
      if (left() <= 0) return false
      try {
        await speed.drop(id, 'all')
        isGone = true
      } catch (error) {
        if (!isOutOfTime(error)) throw error
      }
    }
  return true
}

/** What a store says that had no time for all of it; such a call has taken its time. */
function isOutOfTime(error: unknown): boolean {
  return error instanceof TributaryError && (error.code === 'overloaded' || error.code === 'timeout')
}
