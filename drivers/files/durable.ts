import { constants } from 'node:fs'
import { type FileHandle, mkdir, open, rename, rm, statfs, writeFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { TributaryError } from '../../core/errors.ts'

/** A file open for appending. Every method rejects with the system's error. */
export type DurableFile = {
  /** Writes all the bytes at `position`, however often the system writes fewer than asked. */
  write(buffers: readonly Uint8Array[], position: number): Promise<void>
  /** Resolves when the bytes written are on the disk (fdatasync). */
  sync(): Promise<void>
  /** Cuts the file to `length` bytes, durably. */
  truncate(length: number): Promise<void>
  close(): Promise<void>
}

/** What the log asks of a file system; tests hand in one that fails. */
export type DurableFiles = {
  /** Opens for reading and writing; makes the file when there is none. */
  open(path: string): Promise<DurableFile>
  /** Makes additions to and removals from a folder durable. */
  syncFolder(path: string): Promise<void>
  /** Bytes that an ordinary user may still write. */
  freeBytes(path: string): Promise<number>
  /** Replaces a file's text so that a crash leaves the old text or the new one. */
  replace(path: string, text: string): Promise<void>
  remove(path: string): Promise<void>
}

/** The machine's own file system. */
export const machineFiles: DurableFiles = {
  async open(path) {
    return durableFile(await open(path, constants.O_RDWR | constants.O_CREAT, 0o644))
  },
  syncFolder,
  async freeBytes(path) {
    const { bavail, bsize } = await statfs(path)
    return bavail * bsize
  },
  replace: (path, text) => replaceFile(path, aside => writeFile(aside, text)),
  remove: path => rm(path, { force: true }),
}

/** Ending of files that are being written: a crash may leave some, and nobody reads them. */
export const UNFINISHED = '.unfinished'

/**
 * Gives a file its content so that a crash leaves the old file or the new one, whole: `fill` writes it aside,
 * then it is synced and takes the name. Rejects with the error of `fill` or of the system; the old file is
 * there then.
 *
 * @param aside where it is written: of the same file system
 * @example
 * await replaceFile(path, aside => writeFile(aside, text))
 */
export async function replaceFile(
  path: string,
  fill: (aside: string) => Promise<unknown>,
  aside = path + UNFINISHED,
): Promise<void> {
  try {
    await fill(aside)
    await sync(aside)
    await rename(aside, path)
  } catch (error) {
    // The failure is what the caller gets, also where what it left cannot be removed.
    await rm(aside, { force: true }).catch(() => undefined)
    throw error
  }
  await syncFolder(dirname(path))
}

/**
 * Moves a file, or a folder to where none is, so that it survives a power cut in one place, perhaps still in
 * both.
 */
export async function moveDurably(from: string, to: string): Promise<void> {
  await rename(from, to)
  await syncFolder(dirname(to))
  if (dirname(from) !== dirname(to)) await syncFolder(dirname(from))
}

/** Makes a folder and those above it, durably. */
export async function makeFolder(path: string): Promise<void> {
  const folder = resolve(path)
  const first = (await mkdir(folder, { recursive: true })) ?? folder
  for (let made = folder; made.length >= first.length; made = dirname(made)) await syncFolder(dirname(made))
}

/** Makes created, renamed and removed names of a folder survive a power cut. */
export function syncFolder(path: string | Buffer): Promise<void> {
  return sync(path)
}

async function sync(path: string | Buffer): Promise<void> {
  await using handle = await open(path, 'r')
  await handle.sync()
}

/**
 * To be given to `catch`: what there is instead where a file or folder does not exist; any other failure goes
 * on.
 */
export function ifAbsent<T>(instead: T): (error: unknown) => T {
  return error => {
    if (isAbsent(error)) return instead
    throw error
  }
}

/** Does the error say that there is no such file or folder? */
export function isAbsent(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')
}

/** A system error as one of the platform's. */
export function storageFailed(what: string, cause: unknown): TributaryError {
  if (cause instanceof TributaryError) return cause
  const reason = cause instanceof Error ? cause.message : String(cause)
  return new TributaryError('storage_failed', `${what}: ${reason}`, { cause })
}

function durableFile(handle: FileHandle): DurableFile {
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

/** Writes all the bytes at `position`; the system may take fewer at a time. */
export async function writeAll(
  handle: FileHandle,
  buffers: readonly Uint8Array[],
  position: number,
): Promise<void> {
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
