import { COUNT, requireRanges } from '../../core/ranges.ts'
import { type DurableFiles, machineFiles } from '../../drivers/files/durable.ts'
import { CONSUMER_DEFAULTS, type ConsumerOptions } from './consumer-options.ts'

/** Settings of raw delivery. */
export type RawDeliveryOptions = ConsumerOptions & {
  /** Folder of the lake; the files are under `raw/` in it. */
  readonly lake: string
  /** File that holds how far delivery has got. Belongs to the lake: never delete one without the other. */
  readonly statePath: string
  /** Longest time that records are written but not durable. Default 500. */
  readonly commitIntervalMs?: number
  /** Bytes after which they are made durable at once. Default 64 MiB. */
  readonly maxUnsyncedBytes?: number
  /** How long nothing may come before the log counts as idle, and everything is made durable. Default 50. */
  readonly idleMs?: number
  /** How long to let records gather once the end of the log was reached: fewer, larger reads. Default 20. */
  readonly gatherMs?: number
  /** Size from which a file is followed by a new one. Default 256 MiB. */
  readonly rotateBytes?: number
  /** Files open at once, at most. Default 64. */
  readonly maxOpenFiles?: number
  /** How long a file may be unused before it is ended. Default 60,000. */
  readonly endUnusedMs?: number
  readonly files?: DurableFiles
}

export type RawDeliverySettings = Required<RawDeliveryOptions>

const MIB = 1 << 20

const DEFAULTS = {
  ...CONSUMER_DEFAULTS,
  commitIntervalMs: 500,
  maxUnsyncedBytes: 64 * MIB,
  idleMs: 50,
  gatherMs: 20,
  rotateBytes: 256 * MIB,
  maxOpenFiles: 64,
  endUnusedMs: 60_000,
  files: machineFiles,
}

const RANGES = {
  ...{ commitIntervalMs: COUNT, idleMs: COUNT, gatherMs: COUNT, endUnusedMs: COUNT },
  ...{ maxUnsyncedBytes: COUNT, rotateBytes: COUNT, maxOpenFiles: COUNT },
}

/**
 * Options with their defaults.
 * @throws `invalid_setting` for a number that cannot work.
 */
export function rawDeliverySettings(options: RawDeliveryOptions): RawDeliverySettings {
  const settings = { ...DEFAULTS, ...options }
  requireRanges('raw delivery', settings, RANGES)
  return settings
}
