import { TributaryError } from '../../core/errors.ts'
import type { Rejected } from '../../core/ports/rejected.ts'

/**
 * Longest that good events of a request wait for its rejected ones, ms: on AWS half of it is Firehose's, half
 * S3's.
 */
const LONGEST_KEEP_MS = 1_000

/**
 * A store of rejected events that keeps them in time, or says that it did not: good events of the same
 * request wait for no longer. What it is late with may be kept after all; sent again, it is kept twice.
 *
 * @throws (`put`) TributaryError `timeout`; of the store
 */
export function boundedRejected<R extends Pick<Rejected, 'put'>>(store: R, longestMs = LONGEST_KEEP_MS): R {
  return {
    ...store,
    put(events) {
      const { promise, reject } = Promise.withResolvers<never>()
      const late = () =>
        reject(new TributaryError('timeout', `rejected events took over ${longestMs} ms to keep`))
      const timer = setTimeout(late, longestMs)
      return Promise.race([store.put(events), promise]).finally(() => clearTimeout(timer))
    },
  }
}
