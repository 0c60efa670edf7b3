import { setTimeout as sleep } from 'node:timers/promises'
import { TributaryError } from '../../core/errors.ts'
import { awsError, failureKind, passes } from './errors.ts'

/**
 * Milliseconds until the work must have ended; zero or less: at once. A Lambda's `getRemainingTimeInMillis`
 * is one.
 */
export type TimeLeft = () => number

/** How long to wait before trying again: up to `baseMs`, doubling with every failure, at most `capMs`. */
export type Backoff = { readonly baseMs: number; readonly capMs: number }

/** Kinesis and DynamoDB refill their capacity within a second. */
export const BACKOFF: Backoff = { baseMs: 50, capMs: 2_000 }

/** The time left of `ms` that start now. A monotonic clock: setting the system's clock changes nothing. */
export function timeLeftOf(ms: number, clock: () => number = () => performance.now()): TimeLeft {
  const end = clock() + ms
  return () => end - clock()
}

/**
 * Milliseconds to wait after the `failures`-th failure in a row (from 0): full jitter, so that callers spread
 * best.
 */
export function backoffMs(failures: number, backoff = BACKOFF, random = Math.random): number {
  return random() * Math.min(backoff.capMs, backoff.baseMs * 2 ** Math.min(failures, 30))
}

/**
 * Waits before the next attempt. False, at once, when the time left would not allow an attempt after the
 * wait.
 */
export async function pauseBefore(failures: number, timeLeft: TimeLeft, backoff = BACKOFF): Promise<boolean> {
  const ms = backoffMs(failures, backoff)
  if (timeLeft() - ms < MIN_ATTEMPT_MS) return false
  await sleep(ms)
  return true
}

/** Less is not worth an attempt. */
const MIN_ATTEMPT_MS = 20

export type RetryOptions = {
  /** Names the call and the resource, as in `read items of table tributary-dev-batch`. */
  readonly what: string
  readonly timeLeft: TimeLeft
  /** Longest a single attempt may take, ms; the time left may allow less. Not given: all of it. */
  readonly attemptMs?: number
  /** Most attempts; the time left may allow fewer. Default 8. */
  readonly attempts?: number
  readonly backoff?: Backoff
}

/**
 * Makes an AWS call, and again while its failure is one that passes (a throttle, a time-out, a lost
 * connection) and time is left. `call` gets the signal that ends it with the time left: hand it to
 * `client.send(command, { abortSignal })`.
 *
 * The client should have `maxAttempts: 1`: the SDK's own retries know of no deadline. A repeated call may
 * have taken effect before, so only idempotent calls belong here.
 *
 * @throws TributaryError as `awsError` classifies the last failure; what `call` throws as TributaryError, at
 * once
 */
export async function retrying<T>(
  call: (abortSignal: AbortSignal) => Promise<T>,
  { what, timeLeft, attemptMs = Number.POSITIVE_INFINITY, attempts = 8, backoff = BACKOFF }: RetryOptions,
): Promise<T> {
  for (let failures = 0; ; failures += 1) {
    try {
      return await call(AbortSignal.timeout(Math.max(1, Math.floor(Math.min(timeLeft(), attemptMs)))))
    } catch (error) {
      if (error instanceof TributaryError || !passes(failureKind(error))) throw awsError(error, what)
      if (failures + 1 >= attempts || !(await pauseBefore(failures, timeLeft, backoff))) {
        throw awsError(error, what)
      }
    }
  }
}
