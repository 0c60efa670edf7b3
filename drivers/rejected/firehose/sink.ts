import { gzipSync } from 'node:zlib'
import { type TributaryError, toTributaryError } from '../../../core/errors.ts'
import type { Objects } from '../../../core/ports/objects.ts'
import type { Rejected, RejectedEvent } from '../../../core/ports/rejected.ts'
import { timeLeftOf } from '../../aws/retry.ts'
import { packRejected } from './pack.ts'
import { type FirehoseCall, putRecords, type Untaken } from './put.ts'

export type FirehoseSinkOptions = {
  /**
   * The delivery stream for direct put, which writes to `rejected/!{timestamp:yyyy/MM/dd/HH}/` of the bucket,
   * in UTC.
   */
  readonly firehose: FirehoseCall
  /** The bucket it writes to, for events that no Firehose record holds, and for what it does not take. */
  readonly objects: Pick<Objects, 'put'>
  /** Longest that Firehose is waited for, ms. Default 500. */
  readonly patienceMs?: number
  /** Is told why events go past Firehose, each time that this begins. */
  readonly report?: (failure: TributaryError) => void
}

/** So long nothing is given to a Firehose that took nothing, ms: each request would wait for its refusal. */
const PAUSE_MS = 10_000

/**
 * The writing end alone of `createFirehoseRejected`, for functions that only reject.
 *
 * `put` resolves once the events are in Firehose, which keeps them for a day while S3 does not take them, or
 * in S3: what Firehose does not take at once (it takes 1 MiB a second in most regions) goes there, an object
 * a call, and so does an event larger than a record. So a flood of rejected events costs requests to S3
 * rather than time.
 *
 * @throws (`put`) TributaryError of S3: `overloaded`, `unavailable`, `timeout`, `storage_failed`
 */
export function createFirehoseSink(options: FirehoseSinkOptions): Pick<Rejected, 'put'> {
  const { firehose, objects, patienceMs = 500, report = () => undefined } = options
  let pausedUntil = 0

  return {
    async put(events) {
      const { records, large } = packRejected(events)
      const stored = large.map(({ event, line }) => objects.put(asideObject('large', event), gzipSync(line)))
      await Promise.all([keep(records, events[0]), ...stored])
    },
  }

  async function keep(records: readonly Buffer[], first: RejectedEvent | undefined): Promise<void> {
    const untaken = await take(records)
    if (untaken.length === 0 || first === undefined) return
    await objects.put(asideObject('spilled', first), gzipSync(Buffer.concat(untaken)))
  }

  async function take(records: readonly Buffer[]): Promise<readonly Uint8Array[]> {
    if (performance.now() < pausedUntil) return records
    const { records: untaken, error } = await tried(records)
    if (error === undefined) return []
    pausedUntil = performance.now() + PAUSE_MS
    report(error)
    return untaken
  }

  /** Whatever Firehose says, there is another way to keep them. */
  async function tried(records: readonly Buffer[]): Promise<Untaken> {
    try {
      return await putRecords(firehose, records, timeLeftOf(patienceMs))
    } catch (error) {
      return { records, error: toTributaryError(error) }
    }
  }
}

/**
 * Firehose's objects of an hour come before it: their names begin with a letter or digit, the delivery
 * stream's.
 */
function asideObject(why: 'large' | 'spilled', { receivedAt, receipt }: RejectedEvent): string {
  return `${hourFolder(receivedAt)}/~${why}-${receipt}.jsonl.gz`
}

/** The folder of an hour (UTC), as Firehose writes it. */
export function hourFolder(ms: number): string {
  return `rejected/${new Date(ms).toISOString().slice(0, 13).replaceAll(/[-T]/g, '/')}`
}
