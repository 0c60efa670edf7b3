import { gzipSync } from 'node:zlib'
import type { Objects } from '../../../core/ports/objects.ts'
import type { Rejected, RejectedEvent } from '../../../core/ports/rejected.ts'
import { timeLeftOf } from '../../aws/retry.ts'
import { packRejected } from './pack.ts'
import { type FirehoseCall, putRecords } from './put.ts'

export type FirehoseSinkOptions = {
  /**
   * The delivery stream for direct put, which writes to `rejected/!{timestamp:yyyy/MM/dd/HH}/` of the bucket,
   * in UTC.
   */
  readonly firehose: FirehoseCall
  /** The bucket it writes to, for events that no Firehose record holds. */
  readonly objects: Pick<Objects, 'put'>
  /** Longest a `put` may take with its repetitions, ms. Default 8 s. */
  readonly deadlineMs?: number
}

/**
 * The writing end alone of `createFirehoseRejected`, for functions that only reject.
 *
 * `put` resolves once Firehose has the events, which keeps them for a day while S3 does not take them. An
 * event larger than a Firehose record goes straight to S3, under its receipt.
 *
 * @throws (`put`) TributaryError `overloaded`, `unavailable`, `timeout`, `storage_failed`
 */
export function createFirehoseSink(options: FirehoseSinkOptions): Pick<Rejected, 'put'> {
  const { firehose, objects, deadlineMs = 8_000 } = options
  return {
    async put(events) {
      const { records, large } = packRejected(events)
      const stored = large.map(({ event, line }) => objects.put(largeObject(event), gzipSync(line)))
      await Promise.all([putRecords(firehose, records, timeLeftOf(deadlineMs)), ...stored])
    },
  }
}

/**
 * Firehose's objects of an hour come before it: their names begin with a letter or digit, the delivery
 * stream's.
 */
function largeObject({ receivedAt, receipt }: RejectedEvent): string {
  return `${hourFolder(receivedAt)}/~large-${receipt}.jsonl.gz`
}

/** The folder of an hour (UTC), as Firehose writes it. */
export function hourFolder(ms: number): string {
  return `rejected/${new Date(ms).toISOString().slice(0, 13).replaceAll(/[-T]/g, '/')}`
}
