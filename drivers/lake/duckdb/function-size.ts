import { statfs } from 'node:fs/promises'
import { TributaryError } from '../../../core/errors.ts'
import type { TimeLeft } from '../../aws/retry.ts'
import { onFiles } from '../file-errors.ts'

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
/**
 * Time that is left for storing the result and answering, and the least that a statement is worth starting
 * with.
 */
const RESERVE_MS = 10_000
const MIN_STATEMENT_MS = 5_000

/**
 * What of a function's memory the engine may use, and its threads.
 *
 * @throws TributaryError `invalid_setting` where the function has too little memory
 */
export function engineShare(memoryBytes: number): { readonly memoryLimit: number; readonly threads: number } {
  const memoryLimit = memoryBytes - MEMORY_BESIDE
  if (memoryLimit < MIN_MEMORY) throw tooSmall(memoryBytes)
  const threads = Math.max(1, Math.min(MAX_THREADS, Math.round(memoryBytes / MEMORY_PER_CPU)))
  return { memoryLimit, threads }
}

function tooSmall(memoryBytes: number): TributaryError {
  const least = Math.ceil((MIN_MEMORY + MEMORY_BESIDE) / 2 ** 20)
  const has = Math.floor(memoryBytes / 2 ** 20)
  return new TributaryError(
    'invalid_setting',
    `lake: DuckDB needs a function with ${least} MB of memory or more; it has ${has} MB`,
  )
}

/** How much of a disk copies of objects may take, and what the engine spills. */
export function diskShares(diskBytes: number): { readonly maxBytes: number; readonly spillLimit: number } {
  return { maxBytes: diskBytes * COPIES, spillLimit: diskBytes * SPILL }
}

/** What is free on the disk of a folder, bytes. */
export async function freeBytes(folder: string): Promise<number> {
  const { bavail, bsize } = await onFiles(`cannot use the disk at ${folder}`, () => statfs(folder))
  return bavail * bsize
}

/**
 * How long a statement may take that begins now, ms.
 *
 * @throws TributaryError `timeout` where too little is left
 */
export function statementTime(remainingMs: TimeLeft, longestMs: number): number {
  const left = remainingMs() - RESERVE_MS
  if (left >= MIN_STATEMENT_MS) return Math.min(longestMs, left)
  throw new TributaryError(
    'timeout',
    `lake: the function has ${Math.max(0, Math.round(remainingMs() / 1000))} s left, too little to start a statement; ` +
      "where that recurs, raise the function's time-out (AWS allows 900 s) or its memory",
  )
}
