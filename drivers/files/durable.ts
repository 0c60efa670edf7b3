import { constants } from 'node:fs'
import { type FileHandle, mkdir, open, rename, rm, statfs } from 'node:fs/promises'
import { dirname } from 'node:path'
import { TributaryError } from '../../core/errors.ts'

/** A file open for appending. Every method rejects with the system's error. */
export type LogFile = {
  /** Writes all the bytes at `position`, however often the system writes fewer than asked. */
  write(buffers: readonly Uint8Array[], position: number): Promise<void>
  /** Resolves when the bytes written are on the disk (fdatasync). */
  sync(): Promise<void>
  /** Cuts the file to `length` bytes, durably. */
  truncate(length: number): Promise<void>
  close(): Promise<void>
}

/** What the log asks of a file system; tests hand in one that fails. */
export type LogFiles = {
  /** Opens for reading and writing; makes the file when there is none. */
  open(path: string): Promise<LogFile>
  /** Makes additions to and removals from a folder durable. */
  syncFolder(path: string): Promise<void>
  /** Bytes that an ordinary user may still write. */
  freeBytes(path: string): Promise<number>
  /** Replaces a file's text so that a crash leaves the old text or the new one. */
  replace(path: string, text: string): Promise<void>
  remove(path: string): Promise<void>
}

/** The machine's own file system. */
export const machineFiles: LogFiles = {
  async open(path) {
    return logFile(await open(path, constants.O_RDWR | constants.O_CREAT, 0o644))
  },
  syncFolder,
  async freeBytes(path) {
    const { bavail, bsize } = await statfs(path)
    return bavail * bsize
  },
  async replace(path, text) {
    const aside = `${path}.new`
    await using handle = await open(aside, 'w')
    await handle.writeFile(text)
    await handle.sync()
    await rename(aside, path)
    await syncFolder(dirname(path))
  },
  remove: path => rm(path, { force: true }),
}

/** Makes the folder of a log, durably. */
export async function makeFolder(path: string): Promise<void> {
  await mkdir(path, { recursive: true })
  await syncFolder(dirname(path))
}

/** A system error as one of the platform's. */
export function storageFailed(what: string, cause: unknown): TributaryError {
  if (cause instanceof TributaryError) return cause
  const reason = cause instanceof Error ? cause.message : String(cause)
  return new TributaryError('storage_failed', `${what}: ${reason}`, { cause })
}

async function syncFolder(path: string): Promise<void> {
  await using handle = await open(path, 'r')
  await handle.sync()
}

function logFile(handle: FileHandle): LogFile {
  return {
    write: (buffers, position) => writeAll(handle, buffers, position),
    sync: () => handle.datasync(),
    async truncate(length) {
      await handle.truncate(length)
      await handle.sync()
    },
    close: () => handle.close(),
  }
}

async function writeAll(handle: FileHandle, buffers: readonly Uint8Array[], position: number): Promise<void> {
  let rest = [...buffers]
  let at = position
  while (rest.length > 0) {
    const { bytesWritten } = await handle.writev(rest, at)
    at += bytesWritten
    rest = withoutFirst(rest, bytesWritten)
  }
}

function withoutFirst(buffers: readonly Uint8Array[], bytes: number): Uint8Array[] {
  let skip = bytes
  const rest: Uint8Array[] = []
  for (const buffer of buffers) {
    if (skip < buffer.length) rest.push(buffer.subarray(skip))
    skip = Math.max(0, skip - buffer.length)
  }
  return rest
}
