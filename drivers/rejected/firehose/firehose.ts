import type { Objects } from '../../../core/ports/objects.ts'
import type { Rejected } from '../../../core/ports/rejected.ts'
import { timeLeftOf } from '../../aws/retry.ts'
import { listPage } from './list.ts'
import { mark, marked, type ReplayMarks } from './replayed.ts'
import { createFirehoseSink, type FirehoseSinkOptions } from './sink.ts'

export type FirehoseRejectedOptions = FirehoseSinkOptions & {
  readonly objects: Pick<Objects, 'get' | 'list' | 'put'>
  /** Where replayed events are marked. */
  readonly marks: ReplayMarks
  /** A list begins no further object after this, ms. Default 8 s. */
  readonly listMs?: number
}

/**
 * Rejected events through Amazon Data Firehose into S3: see `createFirehoseSink`. They are listed once the
 * buffer is written, up to 15 minutes later.
 *
 * Lists go object by object, which is by hour of arrival, and each page is sorted by receipt. An event that
 * Firehose delivered twice is listed once a page. An object that comes late can lie before a cursor: listing
 * again from the start shows it.
 *
 * @throws TributaryError of the calls: `overloaded`, `unavailable`, `timeout`, `storage_failed`;
 * `corrupt_data`; `bad_request`
 */
export function createFirehoseRejected(options: FirehoseRejectedOptions): Rejected {
  const { objects, marks, listMs = 8_000 } = options
  return {
    ...createFirehoseSink(options),
    async list(query) {
      const { events, next } = await listPage(objects, query, timeLeftOf(listMs))
      const receipts = events.map(({ receipt }) => receipt)
      const replayed = await marked(marks, receipts)
      return { events: events.map(event => ({ ...event, replayed: replayed.has(event.receipt) })), next }
    },
    markReplayed: receipts => mark(marks, receipts),
  }
}
