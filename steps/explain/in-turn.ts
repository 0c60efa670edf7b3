import { TributaryError } from '../../core/errors.ts'

/** How many questions are answered at once, and how many may wait. */
export type TurnSettings = { readonly atOnce: number; readonly waiting: number }

/** When a caller who was refused may ask again, s. */
const RETRY_AFTER = 2

/**
 * Lets few calls of a function work at once, and few others wait: whoever asks too much is refused, and
 * takes nothing from others.
 *
 * @throws (the function) TributaryError `too_many`, or what the work throws
 */
export function inTurn<A extends unknown[], R>(
  { atOnce, waiting }: TurnSettings,
  work: (...args: A) => Promise<R>,
): (...args: A) => Promise<R> {
  let working = 0
  const queue: (() => void)[] = []
  return async (...args) => {
    if (working >= atOnce) {
      if (queue.length >= waiting)
        throw new TributaryError(
          'too_many',
          `${working + queue.length} questions are being answered; ask again later`,
          {
            retryAfter: RETRY_AFTER,
          },
        )
      await new Promise<void>(resolve => queue.push(resolve))
    } else working++
    try {
      return await work(...args)
    } finally {
      // The turn goes over to who waits for longest.
      const next = queue.shift()
      if (next === undefined) working--
      else next()
    }
  }
}
