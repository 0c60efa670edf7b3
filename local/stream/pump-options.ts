import type { KinesisStreamBatchResponse } from 'aws-lambda'
import { TributaryError } from '../../core/errors.ts'
import type { DeadLetters } from '../../core/ports/dead-letters.ts'
import type { LogReader } from '../../drivers/stream/log/reader.ts'
import type { Consumer, LogShared } from '../../drivers/stream/log/shared.ts'
import type { DecodedRecord } from '../../functions/sources/kinesis.ts'
import type { Backoff } from './backoff.ts'

/** What consumes the stream: the function behind Lambda's handler, given what Lambda's event decodes to. */
export type StreamHandler = (
  records: readonly DecodedRecord[],
  // biome-ignore lint/suspicious/noConfusingVoidType: a Lambda handler that returns nothing has this type
) => Promise<KinesisStreamBatchResponse | undefined | null | void>

/** Settings of a pump; those of an event source mapping carry its names and meanings. */
export type PumpOptions = {
  /** A reader of its own: another user's `read` would overwrite what the pump still has to deliver. */
  readonly reader: LogReader
  readonly shared: LogShared
  readonly consumer: Consumer
  /** Where to begin: the position of the consumer's checkpoint. */
  readonly from: number
  readonly handler: StreamHandler
  /** Keeps records that are given up; delivery goes on only once it has resolved. */
  readonly onFailure: DeadLetters['put']
  /** Records a batch holds at most, 1 … 10,000. Default 500. */
  readonly batchSize?: number
  /** Bytes of an event at most, base64 and envelope included. Default and most: 6,000,000 (Lambda's payload limit). */
  readonly batchBytes?: number
  /** How long to wait for a batch to fill. Default 0: deliver as soon as there is something. Lambda allows 300 s. */
  readonly batchWindowMs?: number
  /** How often records are delivered again before they are given up. Bisecting does not count. Default 10. */
  readonly maxRetries?: number
  /** Records older than this are given up. Default: no limit. */
  readonly maxRecordAgeMs?: number
  /** Whether a failed batch is split in two, to find the record that fails it. Default true. */
  readonly bisectOnError?: boolean
  /** Longest time a call of the handler may take. Default 60,000. */
  readonly timeoutMs?: number
  /** Waiting time between deliveries of records that failed. Default 100 ms … 10 s. */
  readonly backoff?: Backoff
  /** Clock, ms since 1970. Default `Date.now`. */
  readonly now?: () => number
  /** Told of every failed delivery and of what stops the pump. Default: a process warning. */
  readonly report?: (error: TributaryError) => void
}

export type PumpSettings = Required<PumpOptions>

const DEFAULTS = {
  batchSize: 500,
  batchBytes: 6_000_000,
  batchWindowMs: 0,
  maxRetries: 10,
  maxRecordAgeMs: Number.POSITIVE_INFINITY,
  bisectOnError: true,
  timeoutMs: 60_000,
  backoff: { baseMs: 100, capMs: 10_000 },
  now: Date.now,
  report: (error: TributaryError) => process.emitWarning(error),
}

/** Smallest and largest value of each number: the limits of Lambda's event source mappings. */
const RANGES = {
  batchSize: [1, 10_000],
  batchBytes: [1, 6_000_000],
  batchWindowMs: [0, 300_000],
  maxRetries: [0, Number.POSITIVE_INFINITY],
  maxRecordAgeMs: [0, Number.POSITIVE_INFINITY],
  timeoutMs: [1, 900_000],
} as const

/**
 * Options with their defaults.
 * @throws `invalid_setting` for a number outside Lambda's limits.
 */
export function pumpSettings(options: PumpOptions): PumpSettings {
  const settings = { ...DEFAULTS, ...options }
  for (const name of Object.keys(RANGES) as (keyof typeof RANGES)[]) {
    const [least, most] = RANGES[name]
    const value = settings[name]
    if (value >= least && value <= most) continue
    throw new TributaryError('invalid_setting', `${name} of the pump must be ${least} … ${most}: ${value}`)
  }
  return settings
}
