import type { KinesisStreamBatchResponse } from 'aws-lambda'
import type { DeadLetters } from '../../core/ports/dead-letters.ts'
import { type Range, requireRanges } from '../../core/ranges.ts'
import type { LogEntry } from '../../drivers/stream/log/entry.ts'
import { advance, type Consumer } from '../../drivers/stream/log/shared.ts'
import type { DecodedRecord } from '../../functions/sources/kinesis.ts'
import { CONSUMER_DEFAULTS, type ConsumerOptions } from './consumer-options.ts'

/** What consumes the stream: the function behind Lambda's handler, given what Lambda's event decodes to. */
export type StreamHandler = (
  records: readonly DecodedRecord[],
  // biome-ignore lint/suspicious/noConfusingVoidType: a Lambda handler that returns nothing has this type
) => Promise<KinesisStreamBatchResponse | undefined | null | void>

/** Settings of a pump; those of an event source mapping carry its names and meanings. */
export type PumpOptions = ConsumerOptions & {
  readonly consumer: Consumer
  /** Where to begin: the position of the consumer's checkpoint. */
  readonly from: number
  readonly handler: StreamHandler
  /** Keeps records that are given up; delivery goes on only once it has resolved. */
  readonly onFailure: DeadLetters['put']
  /** Which entries of the log are delivered; the others are stepped over. Default: all. */
  readonly isWanted?: (entry: LogEntry) => boolean
  /** Told how far delivery has come, at the start too. Default: tells the log, as the consumer. */
  readonly onPosition?: (lsn: number) => void
  /** Records a batch holds at most, 1 … 10,000. Default 500. */
  readonly batchSize?: number
  /**
   * Bytes of an event at most, base64 and envelope included. Default and most: 6,000,000 (Lambda's payload
   * limit).
   */
  readonly batchBytes?: number
  /**
   * How long to wait for a batch to fill. Default 0: deliver as soon as there is something. Lambda allows 300
   * s.
   */
  readonly batchWindowMs?: number
  /** How often records are delivered again before they are given up. Bisecting does not count. Default 10. */
  readonly maxRetries?: number
  /** Records older than this are given up. Default: no limit. */
  readonly maxRecordAgeMs?: number
  /** Whether a failed batch is split in two, to find the record that fails it. Default true. */
  readonly bisectOnError?: boolean
  /** Longest time a call of the handler may take. Default 60,000. */
  readonly timeoutMs?: number
  /** Clock, ms since 1970. Default `Date.now`. */
  readonly now?: () => number
}

export type PumpSettings = Required<PumpOptions>

const DEFAULTS = {
  ...CONSUMER_DEFAULTS,
  isWanted: () => true,
  batchSize: 500,
  batchBytes: 6_000_000,
  batchWindowMs: 0,
  maxRetries: 10,
  maxRecordAgeMs: Number.POSITIVE_INFINITY,
  bisectOnError: true,
  timeoutMs: 60_000,
  now: Date.now,
}

/** The limits of Lambda's event source mappings. */
const RANGES = {
  batchSize: [1, 10_000],
  batchBytes: [1, 6_000_000],
  batchWindowMs: [0, 300_000],
  maxRetries: [0, Number.POSITIVE_INFINITY],
  maxRecordAgeMs: [0, Number.POSITIVE_INFINITY],
  timeoutMs: [1, 900_000],
} satisfies Readonly<Record<string, Range>>

/**
 * Options with their defaults.
 * @throws `invalid_setting` for a number outside Lambda's limits.
 */
export function pumpSettings(options: PumpOptions): PumpSettings {
  const onPosition = (lsn: number) => advance(options.shared, options.consumer, lsn)
  const settings = { ...DEFAULTS, onPosition, ...options }
  requireRanges('the pump', settings, RANGES)
  return settings
}
