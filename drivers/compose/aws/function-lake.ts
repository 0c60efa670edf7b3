import { rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { LakeLimits } from '../../../core/ports/lake-engine.ts'
import type { TimeLeft } from '../../aws/retry.ts'
import { openDuckdbEngine } from '../../lake/duckdb/duckdb.ts'
import { diskShares, engineShare, freeBytes, statementTime } from '../../lake/duckdb/function-size.ts'
import { onFiles } from '../../lake/file-errors.ts'
import { openS3Lake } from '../../lake/s3/lake.ts'
import type { S3Objects } from '../../objects/s3/s3.ts'

export type FunctionLakeSettings = {
  readonly objects: S3Objects
  readonly bucket: string
  /** Folder on the function's disk, for this lake alone; what is in it is removed. */
  readonly scratch: string
  /** Memory of the function, bytes (`AWS_LAMBDA_FUNCTION_MEMORY_SIZE` MiB). */
  readonly memoryBytes: number
  /** The disk's size, bytes (what is free when the lake is opened). */
  readonly diskBytes?: number
  /** ms until the function is ended (`context.getRemainingTimeInMillis()` of the call that is running). */
  readonly remainingMs: TimeLeft
  /** Longest statement, ms (870,000: a function runs 15 minutes). */
  readonly statementTimeoutMs?: number
  /** Copies that are kept for the function's next call, bytes (half of those that fit). */
  readonly warmBytes?: number
  readonly limits?: LakeLimits
}

export type FunctionLake = Awaited<ReturnType<typeof openFunctionLake>>

const LONGEST_MS = 870_000

const LARGER = 'give the function more memory or ephemeral storage (AWS allows 10,240 MB of each)'

/**
 * The lake of a Lambda: S3, and DuckDB over copies of its objects on the function's disk. An object is copied
 * in before the first statement of a session that reads it; within a session, a folder is what it was when
 * first read. What a session writes is in S3 when `write` resolves.
 *
 * Work that does not fit is refused before it starts: `too_large` where objects exceed their share of the
 * disk, `timeout` (retryable) where too little time is left. A statement is interrupted before the function
 * is ended.
 *
 * @returns also `rest`, to be called when a call of the function ends: frees the disk but for what is kept
 * warm
 * @throws TributaryError `invalid_setting` where the function has too little memory; `storage_failed` where
 * the scratch folder cannot be used
 */
export async function openFunctionLake(settings: FunctionLakeSettings) {
  const { objects, bucket, scratch, remainingMs, statementTimeoutMs = LONGEST_MS } = settings
  const share = engineShare(settings.memoryBytes)
  // What a function that was ended left there is nobody's.
  await onFiles('cannot empty the scratch folder', () => rm(scratch, { recursive: true, force: true }))
  const { maxBytes, spillLimit } = diskShares(settings.diskBytes ?? (await freeBytes(dirname(scratch))))
  const statementMs = () => statementTime(remainingMs, statementTimeoutMs)
  const copies = { scratch, maxBytes, check: statementMs, remedy: LARGER }
  const { lake, root, files, shrink } = await openS3Lake({ objects, bucket, ...copies })
  const engine = openDuckdbEngine({
    ...{ root, files, ...share, spillFolder: join(scratch, 'spill'), spillLimit },
    ...{ statementMs, remedy: LARGER },
    limits: settings.limits ?? { largestEpoch: Number.POSITIVE_INFINITY },
  })
  return {
    lake,
    engine,
    rest: () => shrink(settings.warmBytes ?? maxBytes / 2),
    close: () => engine.close(),
  }
}
