import type { TributaryError } from '../../../core/errors.ts'
import { COUNT, requireRanges } from '../../../core/ranges.ts'
import { type DurableFiles, machineFiles } from '../../files/durable.ts'

/** Settings of a log; only the first two have no default. */
export type LogOptions = {
  /** Folder of the log, made when missing. One process at a time may have it open. */
  readonly dir: string
  /** Length of an epoch, ms. Fixed for the life of the folder. */
  readonly epochLength: number
  /** Clock, ms since 1970. Default `Date.now`. */
  readonly now?: () => number
  /** Size from which a new segment is begun. Default 128 MiB. */
  readonly segmentBytes?: number
  /** Puts are refused while the slowest consumer is further behind. Default 1 GiB. */
  readonly maxLagBytes?: number
  /** Puts are refused while more is queued for the disk. Default 64 MiB. */
  readonly maxQueueBytes?: number
  /**
   * Longest that a commit waits for further puts while each turn of the event loop brings some. Default 1 ms.
   */
  readonly gatherMs?: number
  /** Puts are refused while less is free on the disk. Default 512 MiB. */
  readonly minFreeBytes?: number
  /** How long after its end an epoch still takes puts. Default 500 ms. */
  readonly closeGraceMs?: number
  /** What every consumer has released is kept this long … Default 1 hour. */
  readonly retentionMs?: number
  /** … unless the log is larger than this. Default 2 GiB. */
  readonly retentionBytes?: number
  /** Epochs the ledger remembers. Default 10,000. */
  readonly keepEpochs?: number
  /** How far consumers have read: a log that ends before has lost its end. Default 0. */
  readonly reached?: number
  readonly files?: DurableFiles
  /** Told of failures that no caller waits for. Default: a process warning. */
  readonly report?: (error: TributaryError) => void
}

export type LogSettings = Required<LogOptions>

const MIB = 1 << 20

const DEFAULTS = {
  now: Date.now,
  segmentBytes: 128 * MIB,
  maxLagBytes: 1024 * MIB,
  maxQueueBytes: 64 * MIB,
  gatherMs: 1,
  minFreeBytes: 512 * MIB,
  closeGraceMs: 500,
  retentionMs: 3_600_000,
  retentionBytes: 2048 * MIB,
  keepEpochs: 10_000,
  reached: 0,
  files: machineFiles,
  report: (error: TributaryError) => process.emitWarning(error),
}

const RANGES = { epochLength: COUNT, segmentBytes: COUNT, maxQueueBytes: COUNT, keepEpochs: COUNT }

/**
 * Options with their defaults.
 * @throws `invalid_setting` for a number that cannot work.
 */
export function logSettings(options: LogOptions): LogSettings {
  const settings = { ...DEFAULTS, ...options }
  requireRanges('the log', settings, RANGES)
  return settings
}
