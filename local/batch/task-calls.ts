import { setTimeout as sleep, setImmediate as tick } from 'node:timers/promises'
import { toTributaryError } from '../../core/errors.ts'
import type { BoundTask } from './task-handlers.ts'

/** Step Functions refuses larger payloads (States.DataLimitExceeded): pass addresses of data, not data. */
const PAYLOAD_LIMIT = 262_144

/** Difference between our clock of a time-out and the library's, generously. */
const LATE_MS = 50

/**
 * Thrown in place of a call that must not happen. The library asks these two flags before Retry and Catch.
 */
export class CallRefused extends Error {
  override readonly name = 'CallRefused'
  readonly isRetryable = false
  readonly isCatchable = false
}

/** The calls of handlers that one execution makes. */
export type TaskCalls = {
  /**
   * What the library calls for a Task state: `{ FunctionName, Payload }` in, what `lambda:invoke` answers
   * out.
   */
  call(task: BoundTask, input: unknown): Promise<unknown>
  /** Lets the calls under way go on, and refuses new ones. */
  refuse(): void
  /** Refuses new calls and aborts the signal of those under way. */
  abort(): void
  /** A Map or Parallel state has failed (true), or is entered again (false). */
  mark(parent: string, failed: boolean): void
  /** Resolves when no call is under way. */
  idle(): Promise<void>
}

/**
 * Calls handlers as Lambda would (JSON in and out, payload limit, time-out), and guards against what
 * aws-local-stepfunctions lets happen: calls after an abort, calls of the remaining items after a Map has
 * failed, and a second attempt beside a first one that has timed out but still runs.
 */
export function taskCalls(run: string, onReport: (report: unknown) => void): TaskCalls {
  const controller = new AbortController()
  const underWay = new Set<Promise<unknown>>()
  const overdue = new Set<Promise<unknown>>()
  const failed = new Set<string>()
  let refusing = false

  const admit = async (task: BoundTask, signal: AbortSignal): Promise<void> => {
    // The failure of a Map travels in microtasks; after a turn of the event loop it has been marked.
    if (task.parents.length > 0) await tick()
    await Promise.allSettled(overdue)
    if (refusing || signal.aborted || task.parents.some(parent => failed.has(parent)))
      throw new CallRefused(`state ${task.name} is not entered any more`)
  }

  const invoke = async (task: BoundTask, payload: unknown, signal: AbortSignal): Promise<unknown> => {
    const pending = Promise.resolve().then(() => task.handler(payload, { run, state: task.name, signal }))
    const lapse = () => overdue.add(pending)
    signal.addEventListener('abort', lapse, { once: true })
    underWay.add(pending)
    try {
      return await pending
    } catch (error) {
      // The library reads `name` and `message`, and fails on what is no Error.
      throw error instanceof Error ? error : toTributaryError(error)
    } finally {
      signal.removeEventListener('abort', lapse)
      underWay.delete(pending)
      overdue.delete(pending)
      // Whatever comes of it now, the state has to fail by the library's clock, with States.Timeout.
      if (signal.aborted) await sleep(LATE_MS)
    }
  }

  return {
    async call(task, input) {
      // Begins just before the library's own clock, so that a second attempt finds the first one overdue.
      const signal = AbortSignal.any([controller.signal, AbortSignal.timeout(task.timeoutMs)])
      await admit(task, signal)
      const payload = overTheWire((input as { Payload?: unknown }).Payload)
      const result = overTheWire(await invoke(task, payload, signal))
      onReport((result as { report?: unknown } | null)?.report)
      return { StatusCode: 200, ExecutedVersion: '$LATEST', Payload: result }
    },
    refuse() {
      refusing = true
    },
    abort() {
      refusing = true
      controller.abort()
    },
    mark(parent, isFailed) {
      if (isFailed) failed.add(parent)
      else failed.delete(parent)
    },
    async idle() {
      while (underWay.size > 0) await Promise.allSettled(underWay)
    },
  }
}

function overTheWire(value: unknown): unknown {
  const text = JSON.stringify(value ?? null)
  if (Buffer.byteLength(text) <= PAYLOAD_LIMIT) return JSON.parse(text)
  const error = new Error(`a payload of ${text.length} characters exceeds ${PAYLOAD_LIMIT} bytes`)
  error.name = 'States.DataLimitExceeded'
  throw error
}
