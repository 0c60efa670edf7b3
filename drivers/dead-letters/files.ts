import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { TributaryError } from '../../core/errors.ts'
import type { DeadLetter, DeadLetters } from '../../core/ports/dead-letters.ts'
import { type DurableFiles, machineFiles, makeFolder, storageFailed } from '../files/durable.ts'
import { linesBackwards, wholeLinesBytes } from '../files/lines.ts'
import { letterLine, readLetter } from './letter-line.ts'

export type DeadLetterFilesOptions = {
  /** Folder of the files, made when missing. One process at a time may write to it. */
  readonly dir: string
  /**
   * Bytes the files may take. Default 1 GiB. When they are full, `put` fails and the consumer waits, rather
   * than lose a record: move old files away to go on.
   */
  readonly maxBytes?: number
  /** Clock, ms since 1970. Default `Date.now`. */
  readonly now?: () => number
  readonly files?: DurableFiles
}

const NAME = /^\d{4}-\d\d-\d\d\.ndjson$/
const MAX_LISTED = 1_000
const MAX_WAITING = 64

/**
 * Dead letters in a folder: a file of JSON lines a day (UTC, by the time of failure), synced before `put`
 * resolves.
 * @throws `storage_failed` when the folder can't be made.
 */
export async function openDeadLetters(options: DeadLetterFilesOptions): Promise<DeadLetters> {
  const settings = { maxBytes: 1 << 30, now: Date.now, files: machineFiles, ...options }
  const { dir, maxBytes, now, files } = settings
  await makeFolder(dir).catch(error => {
    throw storageFailed(`the folder ${dir} cannot be made`, error)
  })
  let last: Promise<void> = Promise.resolve()
  let waiting = 0

  const store = async (letters: readonly DeadLetter[], failedAt: number): Promise<void> => {
    const bytes = Buffer.from(letters.map(letterLine).join(''))
    const used = await usedBytes(dir)
    if (used + bytes.length > maxBytes) {
      throw new TributaryError('overloaded', `the dead letters in ${dir} take ${used} of ${maxBytes} bytes`)
    }
    await append(files, dir, `${new Date(failedAt).toISOString().slice(0, 10)}.ndjson`, bytes)
  }
  return {
    async put(records, failure) {
      if (waiting >= MAX_WAITING) {
        throw new TributaryError('overloaded', `${waiting} puts of dead letters to ${dir} are waiting`)
      }
      const failedAt = now()
      const letters = records.map(record => ({ ...record, ...failure, failedAt }))
      waiting += 1
      const stored = last.then(() => store(letters, failedAt))
      // One put at a time; whether an earlier one failed is for its own caller to know.
      last = stored.then(noop, noop)
      try {
        await stored
      } catch (error) {
        throw storageFailed(`dead letters cannot be written to ${dir}`, error)
      } finally {
        waiting -= 1
      }
    },
    async list(limit) {
      if (!Number.isSafeInteger(limit) || limit < 1 || limit > MAX_LISTED) {
        throw new TributaryError('bad_request', `limit must be 1 … ${MAX_LISTED}: ${limit}`)
      }
      return newest(dir, limit).catch(error => {
        throw storageFailed(`the dead letters in ${dir} cannot be read`, error)
      })
    },
  }
}

async function newest(dir: string, limit: number): Promise<DeadLetter[]> {
  const letters: DeadLetter[] = []
  for (const name of (await dayFiles(dir)).reverse()) {
    const path = join(dir, name)
    for await (const line of linesBackwards(path)) {
      letters.push(readLetter(line, path))
      if (letters.length === limit) return letters
    }
  }
  return letters
}

async function append(files: DurableFiles, dir: string, name: string, bytes: Uint8Array): Promise<void> {
  const path = join(dir, name)
  const file = await files.open(path)
  try {
    // What a crash or a failed write left of a line was never acknowledged.
    const end = await wholeLinesBytes(path)
    if (end < (await stat(path)).size) await file.truncate(end)
    await file.write([bytes], end)
    await file.sync()
  } finally {
    await file.close()
  }
  await files.syncFolder(dir)
}

/** Names of the day files, oldest first. */
async function dayFiles(dir: string): Promise<string[]> {
  return (await readdir(dir)).filter(name => NAME.test(name)).sort()
}

async function usedBytes(dir: string): Promise<number> {
  const sizes = (await dayFiles(dir)).map(async name => (await stat(join(dir, name))).size)
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0)
}

function noop(): void {}
