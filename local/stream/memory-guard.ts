import { TributaryError } from '../../core/errors.ts'

/**
 * Room for one real-time item, bytes: three million flights over two metrics took about 170 each, and
 * sketches take more.
 */
export const ITEM_BYTES = 500

const INTERVAL_MS = 500

export type MemoryGuard = {
  /** Why the speed layer is held; undefined while it is not. */
  readonly reason: () => string | undefined
  stop(): void
}

/**
 * Holds the speed layer while its views have more items than `limit`, so that they cannot outgrow the
 * thread's memory. A batch run publishes closed epochs and frees theirs; until then the stream keeps what
 * comes, and ingest answers 503 when that is full.
 */
export function startMemoryGuard(options: {
  readonly items: () => number
  readonly limit: number
  readonly hold: () => Promise<void>
  readonly release: () => void
  readonly report: (failure: TributaryError) => void
}): MemoryGuard {
  let reason: string | undefined
  const timer = setInterval(() => {
    const items = options.items()
    if (items > options.limit && reason === undefined) {
      reason = `${items} real-time items are more than ${options.limit}, which memory allows; shorter epochs free them sooner`
      options.report(new TributaryError('overloaded', `the speed layer is held: ${reason}`))
      options.hold().catch(options.report)
    } else if (items <= options.limit && reason !== undefined) {
      reason = undefined
      options.release()
    }
  }, INTERVAL_MS)
  timer.unref()
  return { reason: () => reason, stop: () => clearInterval(timer) }
}
