import type { S3Client } from '@aws-sdk/client-s3'
import { retrying, timeLeftOf } from '../../aws/retry.ts'

/** A bucket and how it is called. */
export type S3Bucket = {
  /** With `maxAttempts: 1`: the drivers repeat what failed. */
  readonly client: S3Client
  readonly bucket: string
  /** Longest a call may take with its repetitions, ms. Default 60 s; a part is at most some 16 MiB. */
  readonly deadlineMs?: number
}

const DEADLINE_MS = 60_000

/** S3 refills its capacity more slowly than a stream: a prefix splits over minutes. */
const BACKOFF = { baseMs: 100, capMs: 5_000 }

/** Makes an S3 call, and again while its failure passes. Every call made through here is idempotent. */
export function s3Call<T>(
  { bucket, deadlineMs = DEADLINE_MS }: S3Bucket,
  what: string,
  call: (abortSignal: AbortSignal) => Promise<T>,
  attemptMs = deadlineMs,
): Promise<T> {
  const timeLeft = timeLeftOf(deadlineMs)
  return retrying(call, { what: `${what} in bucket ${bucket}`, timeLeft, attemptMs, backoff: BACKOFF })
}

/**
 * The same for a call that moves content here or from here. A connection that stalls within a body is no
 * time-out to the SDK's client, so an attempt ends after a third of the time.
 */
export function s3Transfer<T>(
  s3: S3Bucket,
  what: string,
  call: (abortSignal: AbortSignal) => Promise<T>,
): Promise<T> {
  return s3Call(s3, what, call, (s3.deadlineMs ?? DEADLINE_MS) / 3)
}

/** True for "there is no such object", which a caller handles. */
export function isAbsent(error: unknown): boolean {
  return error instanceof Error && (error.name === 'NoSuchKey' || error.name === 'NotFound')
}
