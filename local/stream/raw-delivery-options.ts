import { TributaryError } from '../../core/errors.ts'
import { type LogFiles, machineFiles } from '../../drivers/files/durable.ts'
import type { LogReader } from '../../drivers/stream/log/reader.ts'
import type { LogShared } from '../../drivers/stream/log/shared.ts'
import type { Backoff } from './backoff.ts'

/** Settings of raw delivery; only the first four have no default. */
export type RawDeliveryOptions = {
  /** A reader of its own: another user's `read` would overwrite what is being copied. */
  readonly reader: LogReader
  readonly shared: LogShared
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
  /** Waiting time after a failure. Default 200 ms … 10 s. */
  readonly backoff?: Backoff
  readonly files?: LogFiles
  /** Told of every failure. Default: a process warning. */
  readonly report?: (error: TributaryError) => void
}

export type RawDeliverySettings = Required<RawDeliveryOptions>

const MIB = 1 << 20

const DEFAULTS = {
  commitIntervalMs: 500,
  maxUnsyncedBytes: 64 * MIB,
  idleMs: 50,
  gatherMs: 20,
  rotateBytes: 256 * MIB,
  maxOpenFiles: 64,
  endUnusedMs: 60_000,
  backoff: { baseMs: 200, capMs: 10_000 },
  files: machineFiles,
  report: (error: TributaryError) => process.emitWarning(error),
}

/**
 * Options with their defaults.
 * @throws `invalid_setting` for a number that cannot work.
 */
export function rawDeliverySettings(options: RawDeliveryOptions): RawDeliverySettings {
  const settings = { ...DEFAULTS, ...options }
  const { commitIntervalMs, maxUnsyncedBytes, idleMs, gatherMs, rotateBytes, maxOpenFiles, endUnusedMs } =
    settings
  const times = { commitIntervalMs, idleMs, gatherMs, endUnusedMs }
  const numbers = { ...times, maxUnsyncedBytes, rotateBytes, maxOpenFiles }
  for (const [name, value] of Object.entries(numbers)) {
    if (Number.isSafeInteger(value) && value >= 1) continue
    const detail = `${name} of raw delivery must be a whole number above 0: ${value}`
    throw new TributaryError('invalid_setting', detail)
  }
  return settings
}
