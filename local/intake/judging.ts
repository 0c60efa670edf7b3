import { TributaryError } from '../../core/errors.ts'
import type { EventsRequest } from '../../core/event/cloudevents-http.ts'
import type { TimeBounds } from '../../core/event/event-times.ts'
import type { Judged } from '../../steps/ingest.ts'
import { startThread, type Thread } from '../threads/thread.ts'

/** What the thread is started with. */
export type JudgingData = {
  readonly pipeline: string
  readonly partitions: number
  readonly timeBounds: TimeBounds
}

type JudgingOffers = {
  readonly judge: (request: EventsRequest) => Promise<Judged>
  readonly ids: (request: EventsRequest) => Promise<readonly (string | null)[]>
  readonly close: () => Promise<void>
}

/** Reads and judges requests in a thread of its own, one after the other. */
export type Judging = Omit<JudgingOffers, 'close'> & { close(): Promise<void> }

/** What bounds judging. */
export type JudgingLimits = {
  /** Longest time that one request may take, ms. */
  readonly longestMs: number
  /** Heap of the thread, MB. */
  readonly heapMb: number
  /** Requests that may wait. */
  readonly waiting: number
}

/** Ten times what the most expensive request takes; a body of 10 MB can come to a good 300 MB of values. */
const LIMITS: JudgingLimits = { longestMs: 10_000, heapMb: 1024, waiting: 32 }
/** A request that has waited as long is answered that it may be sent again, ms. */
const LONGEST_WAIT_MS = 15_000

/**
 * Judging in a thread, which is started by the first request and again after one that took too long or too
 * much memory: that one is refused, and the thread ended, which is the only way to stop what runs in it.
 *
 * @throws (the calls) TributaryError `too_large` for such a request; `overloaded` where too many wait
 */
export function createJudging(data: JudgingData, limits = LIMITS): Judging {
  let thread: { readonly worker: Thread<JudgingOffers>; readonly death: Promise<never> } | undefined
  let last: Promise<unknown> = Promise.resolve()
  let waiting = 0

  const start = () => {
    const { promise: death, reject } = Promise.withResolvers<never>()
    // Nobody may be calling when it dies.
    death.catch(() => undefined)
    const worker = startThread<JudgingOffers>({
      file: new URL('./judging-worker.ts', import.meta.url),
      ...{ data, transfer: [], oldGenerationMb: limits.heapMb, report: () => undefined },
      onDeath: cause => reject(new TributaryError('timeout', 'the thread ended', { cause })),
    })
    return { worker, death }
  }
  const end = async () => {
    const ended = thread
    thread = undefined
    await ended?.worker.close(1).catch(() => undefined)
  }
  const call = async <T>(work: (worker: Thread<JudgingOffers>) => Promise<T>): Promise<T> => {
    thread ??= start()
    const { worker, death } = thread
    try {
      await worker.ready
      return await Promise.race([work(worker), death])
    } catch (cause) {
      if (!(cause instanceof TributaryError) || cause.code !== 'timeout') throw cause
      await end()
      throw tooExpensive(limits.longestMs, cause)
    }
  }
  const inTurn = <T>(work: (worker: Thread<JudgingOffers>) => Promise<T>): Promise<T> => {
    if (waiting >= limits.waiting) return Promise.reject(overloaded())
    waiting++
    const since = performance.now()
    const turn = last.then(() => {
      if (performance.now() - since > LONGEST_WAIT_MS) throw overloaded()
      return call(work)
    })
    last = turn.catch(() => undefined).finally(() => waiting--)
    return turn
  }
  const options = { timeoutMs: limits.longestMs }
  return {
    judge: request => inTurn(worker => worker.call('judge', [request], options)),
    ids: request => inTurn(worker => worker.call('ids', [request], options)),
    close: end,
  }
}

function tooExpensive(ms: number, cause: unknown): TributaryError {
  const detail = `to judge these events takes over ${ms / 1000} s or too much memory; send fewer or smaller ones at once`
  return new TributaryError('too_large', detail, { cause })
}

function overloaded(): TributaryError {
  return new TributaryError('overloaded', 'too many large requests are waiting; send this one again', {
    retryAfter: 5,
  })
}
