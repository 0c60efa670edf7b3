import { formatInstant } from '../../core/data/time.ts'
import { TributaryError } from '../../core/errors.ts'
import type { CountedSince } from '../../core/ports/counted-since.ts'
import type { SpeedConsumer } from '../../core/ports/speed-consumer.ts'
import type { StoredBatch, StreamReader } from '../../core/ports/stream-reader.ts'
import type { RealTimeViews } from '../../core/ports/views.ts'
import { type ApplySpeed, isOfItsRecords, type SpeedRecord } from '../apply-speed.ts'
import { requireNamed } from '../batch/lookup.ts'
import type { TaskResult } from '../batch/task.ts'
import { firstEpoch, type ReplayRangePorts } from './replay-range.ts'

export type ReplayStreamPorts = ReplayRangePorts & {
  readonly speed: Pick<RealTimeViews, 'drop'>
  readonly consumer: SpeedConsumer
  readonly reader: StreamReader
  /** The speed step for the views of some metrics and tallies, by id. */
  readonly apply: (ids: ReadonlySet<string>) => ApplySpeed
  readonly countedSince: CountedSince
}

export type ReplayStreamResult = TaskResult<{
  /** Records applied. */
  readonly records: number
}>

/** `timeLeft`: ms until the function is ended. `only`: names of metrics and types; default: all. */
export type ReplayStreamTask = {
  readonly timeLeft: () => number
  readonly only?: readonly string[] | undefined
}

export type ReplayStream = (task: ReplayStreamTask) => Promise<ReplayStreamResult>

/** Time kept for letting the consumer go on, and for the report, ms. */
const RESERVE_MS = 75_000
/** Ingest stamps an epoch by its own clock, the stream an arrival by another, ms. */
const SKEW_MS = 60_000
/** Records applied at once, as the consumer would. */
const CHUNK = 250

/**
 * Builds the replay of a stream that no consumer of the raw lake can be paused for: real-time views made anew
 * from the stream itself, from the oldest epoch that some boundary has not passed.
 *
 * The speed step does it, with the consumer at rest. Markers know each position that claimed an id, so an
 * event counts exactly where it counted before; live events go on after it. For that the markers of the first
 * epoch, and those of the horizon before it, must all be there still. Run again after a crash, it begins
 * again from nothing.
 *
 * @throws (the step) TributaryError `conflict`, before anything is forgotten, when the stream or the markers
 * do not reach back to the oldest epoch; `timeout` when the time is not enough. The consumer goes on in any
 * case.
 */
export function createReplayStream(ports: ReplayStreamPorts): ReplayStream {
  return async ({ timeLeft, only }) => {
    const ids = requireNamed(ports.pipeline, only)
    const from = await firstEpoch(ports, ids)
    return resuming(ports.consumer, async () => {
      await ports.consumer.pause()
      await forget(ports, ids, timeLeft)
      const result = await rebuild(ports, ids, from, timeLeft)
      await ports.countedSince.note(new Map([...ids].map(id => [id, from])))
      return result
    })
  }
}

/**
 * A store gives one call so much time, in which it gets on with what it has to remove: what is left takes
 * another.
 */
async function forget(
  { speed }: ReplayStreamPorts,
  ids: ReadonlySet<string>,
  timeLeft: () => number,
): Promise<void> {
  for (const id of ids)
    for (let isGone = false; !isGone; )
      try {
        await speed.drop(id, 'all')
        isGone = true
      } catch (error) {
        if (!isOutOfTime(error) || timeLeft() < RESERVE_MS) throw error
      }
}

/** What a store says that had no time for all of it; such a call has taken its time. */
function isOutOfTime(error: unknown): boolean {
  return error instanceof TributaryError && (error.code === 'overloaded' || error.code === 'timeout')
}

async function rebuild(
  { reader, apply: applyOf }: ReplayStreamPorts,
  ids: ReadonlySet<string>,
  from: number,
  timeLeft: () => number,
): Promise<ReplayStreamResult> {
  const apply = applyOf(ids)
  const counts = { from: formatInstant(from), records: 0, events: 0, duplicates: 0, unreadable: 0 }
  const each = async ({ records, unreadable }: StoredBatch): Promise<void> => {
    counts.unreadable += unreadable
    const open = records.filter(({ data }) => !isBefore(data, from))
    for (let at = 0; at < open.length; at += CHUNK) {
      if (timeLeft() < RESERVE_MS) throw outOfTime(counts)
      const chunk = open.slice(at, at + CHUNK)
      const outcome = await applyAll(apply, chunk)
      counts.records += chunk.length
      counts.events += outcome.counted
      counts.duplicates += outcome.duplicates
      counts.unreadable += outcome.unreadable
    }
  }
  const signal = AbortSignal.timeout(Math.max(0, timeLeft() - RESERVE_MS))
  // Also where the stream or the speed step hangs in one call.
  const late = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(outOfTime(counts)), { once: true })
    if (signal.aborted) reject(outOfTime(counts))
  })
  await Promise.race([reader.read({ from: from - SKEW_MS, signal }, each), late])
  return { records: counts.records, report: { rebuilt: counts } }
}

type Applied = { readonly counted: number; readonly duplicates: number; readonly unreadable: number }

/**
 * Applies records, but for those that no retry can help: the consumer left them in the dead letters, and the
 * rest goes on.
 */
async function applyAll(apply: ApplySpeed, records: readonly SpeedRecord[]): Promise<Applied> {
  try {
    const { counted, duplicates, unreadable } = await apply(records)
    return { counted, duplicates, unreadable: unreadable.length }
  } catch (error) {
    if (!isOfItsRecords(error)) throw error
    if (records.length === 1) return { counted: 0, duplicates: 0, unreadable: 1 }
    const middle = records.length >>> 1
    const first = await applyAll(apply, records.slice(0, middle))
    const second = await applyAll(apply, records.slice(middle))
    return {
      counted: first.counted + second.counted,
      duplicates: first.duplicates + second.duplicates,
      unreadable: first.unreadable + second.unreadable,
    }
  }
}

function outOfTime({ records }: { readonly records: number }): TributaryError {
  return new TributaryError(
    'timeout',
    `the replay applied ${records} records and had no time for the rest, so the real-time views lack events: ` +
      'run the batch machine, which leaves less to replay, then replay again',
  )
}

/** Lets the consumer go on, whatever happens; when that fails after a failure, both are told. */
async function resuming<T>(consumer: SpeedConsumer, work: () => Promise<T>): Promise<T> {
  let result: T
  try {
    result = await work()
  } catch (error) {
    await consumer.resume().catch((failure: unknown) => {
      throw new AggregateError([error, failure], `${messageOf(error)}; and then: ${messageOf(failure)}`)
    })
    throw error
  }
  await consumer.resume()
  return result
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/**
 * Whether a record is of an epoch before `epoch`, read off its first line; what is not written so is left to
 * the speed step.
 */
function isBefore(data: string, epoch: number): boolean {
  const own = /^\{"tbreceipt":"[^"]*","tbepoch":(\d+)/.exec(data)?.[1]
  return own !== undefined && Number(own) < epoch
}
