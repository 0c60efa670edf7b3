import { TributaryError } from '../../core/errors.ts'
import type { EventsRequest } from '../../core/event/cloudevents-http.ts'
import type { TimeBounds } from '../../core/event/event-times.ts'
import type { Sender } from '../../functions/ingest.ts'
import type { Judged } from '../../steps/judge.ts'
import { startThread, type Thread } from '../threads/thread.ts'
import { createFairQueue } from './fair-queue.ts'

/** What the thread is started with. */
export type JudgingData = {
  readonly pipeline: string
  readonly timeBounds: TimeBounds
}

/** What a request is judged for: to be stored, or to be told what that would come to. */
export type JudgedFor = 'ingest' | 'check'

type JudgingOffers = {
  readonly judge: (request: EventsRequest, kind: JudgedFor) => Promise<Judged>
  readonly close: () => Promise<void>
}

/** Reads and judges requests in a thread of its own, one after the other. */
export type Judging = {
  /** @throws TributaryError `too_large`, `overloaded`; of reading */
  judge(request: EventsRequest, sender: Sender, kind?: JudgedFor): Promise<Judged>
  /** Starts the thread before anybody waits for it. */
  warmUp(): void
  close(): Promise<void>
}

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
 * Judging in a thread, which starts anew after a request that took too long or too much memory: that one is
 * refused, and the thread ended, which is the only way to stop what runs in it. Senders take turns.
 */
export function createJudging(data: JudgingData, limits = LIMITS): Judging {
  let thread: Running | undefined
  let isBusy = false
  let isClosed = false
  const queue = createFairQueue<Job>(limits.waiting)

  const running = () => {
    thread ??= start(data, limits.heapMb)
    return thread
  }
  const end = async () => {
    const ended = thread
    thread = undefined
    ended?.die(closing())
    await ended?.worker.close(1).catch(() => undefined)
  }
  const judged = async ({ request, kind }: Pick<Job, 'request' | 'kind'>): Promise<Judged> => {
    const { worker, death } = running()
    try {
      await Promise.race([worker.ready, death])
      const options = { timeoutMs: limits.longestMs }
      return await Promise.race([worker.call('judge', [request, kind], options), death])
    } catch (cause) {
      if (!(cause instanceof TributaryError) || cause.code !== 'timeout') throw cause
      await end()
      throw tooExpensive(limits.longestMs, cause)
    }
  }
  const goOn = async (): Promise<void> => {
    if (isBusy) return
    isBusy = true
    for (let job = queue.next(); job !== undefined; job = queue.next()) {
      const hasWaited = performance.now() - job.since > LONGEST_WAIT_MS
      if (isClosed) job.reject(closing())
      else if (hasWaited) job.reject(overloaded())
      else await judged(job).then(job.resolve, job.reject)
    }
    isBusy = false
  }
  return {
    judge(request, sender, kind = 'ingest') {
      const { promise, resolve, reject } = Promise.withResolvers<Judged>()
      const leaves = queue.add(sender, { request, kind, resolve, reject, since: performance.now() })
      leaves?.reject(overloaded())
      void goOn()
      return promise
    },
    warmUp: () => {
      if (!isClosed) running()
    },
    close() {
      isClosed = true
      return end()
    },
  }
}

type Running = {
  readonly worker: Thread<JudgingOffers>
  /** Rejects when the thread ends, or is ended. */
  readonly death: Promise<never>
  readonly die: (cause: TributaryError) => void
}

type Job = {
  readonly request: EventsRequest
  readonly kind: JudgedFor
  readonly resolve: (judged: Judged) => void
  readonly reject: (failure: unknown) => void
  /** `performance.now`. */
  readonly since: number
}

function start(data: JudgingData, heapMb: number): Running {
  const { promise: death, reject: die } = Promise.withResolvers<never>()
  // Nobody may be calling when it dies.
  death.catch(() => undefined)
  const worker = startThread<JudgingOffers>({
    file: new URL('./judging-worker.ts', import.meta.url),
    ...{ data, transfer: [], oldGenerationMb: heapMb, report: () => undefined },
    onDeath: cause => die(new TributaryError('timeout', 'the thread ended', { cause })),
  })
  // Whoever needs it asks again.
  worker.ready.catch(() => undefined)
  return { worker, death, die }
}

function closing(): TributaryError {
  return new TributaryError('unavailable', 'the platform is closing; send this one again')
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
