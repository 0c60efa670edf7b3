import type { TributaryError } from '../../core/errors.ts'
import { EventSourceMapping } from './event-source-mapping.ts'
import { type PumpOptions, pumpSettings } from './pump-options.ts'

/** Delivers the local log to a stream handler as Lambda's event source mapping delivers a Kinesis shard. */
export type Pump = {
  /** Everything before this place of the log has been applied or given up. */
  position(): number
  /** Holds delivery; resolves once no call of the handler is under way, so that the position stands still. */
  pause(): Promise<void>
  resume(): void
  /**
   * Resolves true once everything now in the log is done, false after `timeoutMs` or when delivery has ended.
   */
  drain(timeoutMs: number): Promise<boolean>
  /**
   * Ends delivery after the call under way; false when that had not ended after `timeoutMs` (default 10 s).
   */
  stop(timeoutMs?: number): Promise<boolean>
  stats(): PumpStats
}

export type PumpStats = {
  /** `failed`: the log cannot be read on, and only a restart can help. */
  readonly state: 'running' | 'paused' | 'stopped' | 'failed'
  /** Calls of the handler. */
  readonly batches: number
  /** Records applied. */
  readonly records: number
  /** Calls that delivered records again. */
  readonly retries: number
  /** Records given up. */
  readonly dead: number
  /** Why the last delivery failed; undefined once one has succeeded since. */
  readonly lastError: TributaryError | undefined
}

const STOP_MS = 10_000

/**
 * Starts a pump. Records are delivered in order and at least once; after an answer that names failed records,
 * the position is the lowest of them and everything from it on is delivered again; while it is, nothing else
 * is. Whoever opened the reader closes it, after `stop`.
 * @throws `invalid_setting` for a number outside Lambda's limits.
 * @example
 * const pump = startPump({ reader, shared, consumer: 'speed', from, handler, onFailure: deadLetters.put })
 * await pump.drain(1_000)
 * await pump.stop()
 */
export function startPump(options: PumpOptions): Pump {
  const pump = new EventSourceMapping(pumpSettings(options))
  return {
    position: () => pump.position,
    pause: () => pump.pause(),
    resume: () => pump.resume(),
    drain: timeoutMs => pump.drain(timeoutMs),
    stop: (timeoutMs = STOP_MS) => pump.stop(timeoutMs),
    stats: () => pump.stats(),
  }
}
