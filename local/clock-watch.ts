import type { Logger } from 'pino'

/** Receipts that are further ahead of the machine's clock than this are worth a word, ms. */
export const CLOCK_LIMIT = 1000

const LOOK_MS = 1000

/**
 * Says once, each time it happens, that the machine's clock has been set back behind the receipts of events.
 *
 * @param ahead how far receipts are ahead of the clock, ms
 */
export function watchClock(ahead: () => number, logger: Pick<Logger, 'warn'>): { stop(): void } {
  let told = 0
  const look = (): void => {
    const aheadMs = ahead()
    if (aheadMs >= CLOCK_LIMIT && aheadMs > told)
      logger.warn(
        { aheadMs },
        `the machine's clock is ${aheadMs} ms behind the newest receipt: it was ahead, or was set back. Receipts go on ` +
          'from there at half the pace until the clock has caught up; their epochs are published as they end',
      )
    told = aheadMs
  }
  look()
  const timer = setInterval(look, LOOK_MS)
  timer.unref()
  return { stop: () => clearInterval(timer) }
}
