import type { TributaryError } from '../../core/errors.ts'
import type { LogReader } from '../../drivers/stream/log/reader.ts'
import type { LogShared } from '../../drivers/stream/log/shared.ts'
import type { Backoff } from './backoff.ts'

/** What every consumer of the log is given: the pump and raw delivery. */
export type ConsumerOptions = {
  /** A reader of its own: another user's `read` would overwrite what this one still has to deliver. */
  readonly reader: LogReader
  readonly shared: LogShared
  /** Waiting time after a failure. Default 100 ms … 10 s. */
  readonly backoff?: Backoff
  /** Told of every failure, and of what stops the consumer. Default: a process warning. */
  readonly report?: (error: TributaryError) => void
}

export const CONSUMER_DEFAULTS = {
  backoff: { baseMs: 100, capMs: 10_000 },
  report: (error: TributaryError) => process.emitWarning(error),
}
