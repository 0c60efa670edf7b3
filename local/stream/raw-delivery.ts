import type { TributaryError } from '../../core/errors.ts'
import { LogToLake } from './log-to-lake.ts'
import { type RawDeliveryOptions, rawDeliverySettings } from './raw-delivery-options.ts'

/** Delivers the local log to the raw lake, as Firehose delivers a Kinesis stream to S3, but exactly once. */
export type RawDelivery = {
  /** Everything before this place of the log is in the raw lake, durably. */
  position(): number
  /**
   * Resolves true once everything now in the log is delivered, false after `timeoutMs` or when delivery has
   * ended.
   */
  drain(timeoutMs: number): Promise<boolean>
  /**
   * Makes what was taken durable, then ends; false when that had not been done after `timeoutMs` (default 10
   * s).
   */
  stop(timeoutMs?: number): Promise<boolean>
  stats(): RawDeliveryStats
}

export type RawDeliveryStats = {
  /**
   * `retrying`: the last attempt failed. `failed`: only an operator can help; the log keeps what is not
   * delivered.
   */
  readonly state: 'running' | 'retrying' | 'stopped' | 'failed'
  /** Records delivered since the start. */
  readonly records: number
  /** Times that the position was recorded. */
  readonly commits: number
  /** Failures since the start. */
  readonly failures: number
  /** Undefined once a commit has succeeded since. */
  readonly lastError: TributaryError | undefined
}

const STOP_MS = 10_000

/**
 * Starts raw delivery: every record's data goes, once, to `<lake>/raw/type=<type>/epoch=<epoch>/<place of the
 * file's first record>.ndjson`. Files are made durable first, then the position together with the files'
 * lengths is recorded, then the log is told. After a crash, what lies beyond the recorded lengths is cut off
 * and read again from the log. Whoever opened the reader closes it, after `stop`.
 * @throws `invalid_setting` for a number that cannot work.
 * @example
 * const raw = startRawDelivery({ reader, shared, lake: '.tributary/lake', statePath: '.tributary/raw-delivery.json' })
 * await raw.stop()
 */
export function startRawDelivery(options: RawDeliveryOptions): RawDelivery {
  const delivery = new LogToLake(rawDeliverySettings(options))
  return {
    position: () => delivery.position,
    drain: timeoutMs => delivery.drain(timeoutMs),
    stop: (timeoutMs = STOP_MS) => delivery.stop(timeoutMs),
    stats: () => delivery.stats(),
  }
}
