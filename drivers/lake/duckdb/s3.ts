import { rm, statfs } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { DuckDBInstance } from '@duckdb/node-api'
import { TributaryError } from '../../../core/errors.ts'
import type { Lake } from '../../../core/ports/lake.ts'
import type { TimeLeft } from '../../aws/retry.ts'
import type { S3Objects } from '../../objects/s3/s3.ts'
import { onFiles } from '../file-errors.ts'
import { openS3Files, writeText } from '../s3/files.ts'
import { createS3Folder } from '../s3/folder.ts'
import { openScratch } from '../s3/scratch.ts'
import { createEngine } from './engine.ts'
import { duckdbSession } from './session.ts'

export type DuckdbS3Settings = {
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
}

/** The lake of a function, and what only a function asks of it. */
export type DuckdbS3Lake = Lake & {
  /** The S3 URI of an address, for engines that read S3 themselves (Redshift's COPY). Not for replaced folders. */
  uri(address: string): string
  /** To be called when a call of the function ends: frees the disk but for what is kept warm. */
  rest(): Promise<void>
  close(): void
}

/** AWS gives a function a vCPU for each 1,769 MB of memory, six at most. */
const MEMORY_PER_CPU = 1769 * 1024 * 1024
const MAX_THREADS = 6
/** For Node, buffers of up- and downloads, and what the engine takes beyond its limit. */
const MEMORY_BESIDE = 400e6
/** Below this, DuckDB fails at sorting and joining little data. */
const MIN_MEMORY = 200e6
/** Share of the disk for copies of objects, and for what the engine spills; results take the rest. */
const COPIES = 0.5
const SPILL = 0.3
/** Time that is left for storing the result and answering, and the least that a statement is worth starting with. */
const RESERVE_MS = 10_000
const MIN_STATEMENT_MS = 5_000
const LONGEST_MS = 870_000

const LARGER =
  'give the function more memory or ephemeral storage (AWS allows 10,240 MB of each), or run this work on Athena or Spark, the engines for larger work'

/**
 * The lake of a Lambda: DuckDB over copies of S3 objects on the function's disk. An object is copied in before the first
 * statement of a session that names it; within a session, a folder is what it was when first read. What a session writes is in
 * S3 when `write` resolves.
 *
 * Work that does not fit is refused before it starts: `too_large` where objects exceed their share of the disk, `timeout`
 * (retryable) where too little time is left. A statement is interrupted before the function is ended.
 *
 * @throws TributaryError `invalid_setting` where the function has too little memory; `storage_failed` where the scratch folder
 * cannot be used
 */
export async function openDuckdbS3Lake(settings: DuckdbS3Settings): Promise<DuckdbS3Lake> {
  const { objects, bucket } = settings
  const memoryLimit = engineMemory(settings.memoryBytes)
  // What a function that was ended left there is nobody's.
  await onFiles('cannot empty the scratch folder', () =>
    rm(settings.scratch, { recursive: true, force: true }),
  )
  const disk = settings.diskBytes ?? (await freeBytes(dirname(settings.scratch)))
  const maxBytes = disk * COPIES
  const scratch = await openScratch({ objects, folder: settings.scratch, maxBytes, remedy: LARGER })
  const folder = createS3Folder({ objects, bucket })
  const files = { folder, scratch, statementMs: () => statementTime(settings), remedy: LARGER }

  let instance: Promise<DuckDBInstance> | undefined
  const engine = () => {
    instance ??= createEngine({
      memoryLimit,
      threads: threadsOf(settings.memoryBytes),
      spillFolder: join(settings.scratch, 'spill'),
      spillLimit: disk * SPILL,
    }).catch(error => {
      instance = undefined // the next session tries again
      throw error
    })
    return instance
  }
  return {
    ...folder,
    list: async path => (await folder.list(path)).map(object => ({ path: object.path, bytes: object.bytes })),
    put: (path, text) => storeText(path, text),
    address: scratch.address,
    uri: address => `s3://${bucket}/${address.slice(scratch.address('').length)}`,
    async session(work) {
      const connection = await (await engine()).connect()
      try {
        return await work(duckdbSession(connection, openS3Files(files)))
      } finally {
        connection.closeSync()
      }
    },
    rest: () => scratch.shrink(settings.warmBytes ?? maxBytes / 2),
    close() {
      void instance?.then(created => created.closeSync()).catch(() => undefined) // `session` reported it
      instance = undefined
    },
  }

  async function storeText(path: string, text: Parameters<Lake['put']>[1]): Promise<void> {
    await openS3Files(files).place(path, file => writeText(file, text))
  }
}

function engineMemory(memoryBytes: number): number {
  const limit = memoryBytes - MEMORY_BESIDE
  if (limit >= MIN_MEMORY) return limit
  const least = Math.ceil((MIN_MEMORY + MEMORY_BESIDE) / 2 ** 20)
  const has = Math.floor(memoryBytes / 2 ** 20)
  throw new TributaryError(
    'invalid_setting',
    `lake: DuckDB needs a function with ${least} MB of memory or more; it has ${has} MB`,
  )
}

function threadsOf(memoryBytes: number): number {
  return Math.max(1, Math.min(MAX_THREADS, Math.round(memoryBytes / MEMORY_PER_CPU)))
}

async function freeBytes(folder: string): Promise<number> {
  const { bavail, bsize } = await onFiles(`cannot use the disk at ${folder}`, () => statfs(folder))
  return bavail * bsize
}

function statementTime({ remainingMs, statementTimeoutMs = LONGEST_MS }: DuckdbS3Settings): number {
  const left = remainingMs() - RESERVE_MS
  if (left >= MIN_STATEMENT_MS) return Math.min(statementTimeoutMs, left)
  throw new TributaryError(
    'timeout',
    `lake: the function has ${Math.max(0, Math.round(remainingMs() / 1000))} s left, too little to start a statement; where that recurs, raise the function's time-out (AWS allows 900 s) or run this work on Athena or Spark`,
  )
}
