import { type FileHandle, open } from 'node:fs/promises'
import { join } from 'node:path'
import { TributaryError } from '../../../core/errors.ts'
import { syncFolder } from '../../files/durable.ts'
import { wholeLinesBytes } from '../../files/lines.ts'

/** Appends lines to files of a folder; resolves when they are durable. */
export type Appender = {
  append(name: string, lines: string): Promise<void>
  close(): Promise<void>
}

type Waiting = {
  readonly name: string
  readonly lines: string
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

/** Characters that may wait for the disk; beyond it callers are refused rather than memory filled. */
const MAX_WAITING = 64 * 1024 * 1024

/**
 * Opens an appender: writes that come in while one is under way share the next write and its fdatasync.
 * @param onDurable told how long a file is, before any append to it resolves
 */
export function openAppender(
  folder: string,
  onDurable: (name: string, bytes: number) => Promise<void> = async () => undefined,
): Appender {
  const waiting: Waiting[] = []
  let size = 0
  let current: { readonly name: string; readonly handle: FileHandle } | undefined
  let flushing: Promise<void> | undefined
  let closed = false

  return {
    append(name, lines) {
      if (closed) return Promise.reject(new TributaryError('unavailable', 'the store is closed'))
      if (size + lines.length > MAX_WAITING && size > 0)
        return Promise.reject(new TributaryError('overloaded', 'too many rejected events wait for the disk'))
      size += lines.length
      const done = new Promise<void>((resolve, reject) => waiting.push({ name, lines, resolve, reject }))
      flushing ??= flushAll().finally(() => {
        flushing = undefined
      })
      return done
    },
    async close() {
      closed = true
      await flushing
      await current?.handle.close()
      current = undefined
    },
  }

  async function flushAll(): Promise<void> {
    while (waiting.length > 0) {
      const { name } = waiting[0]!
      const end = waiting.findIndex(one => one.name !== name)
      const batch = waiting.splice(0, end < 0 ? waiting.length : end)
      const text = batch.map(one => one.lines).join('')
      try {
        const handle = await fileOf(name)
        await handle.appendFile(text)
        await handle.datasync()
        await onDurable(name, (await handle.stat()).size)
        for (const one of batch) one.resolve()
      } catch (error) {
        await abandon()
        for (const one of batch) one.reject(error)
      }
      size -= text.length
    }
  }

  async function fileOf(name: string): Promise<FileHandle> {
    if (current?.name === name) return current.handle
    await current?.handle.close()
    current = undefined
    current = { name, handle: await openAtLine(join(folder, name)) }
    await syncFolder(folder)
    return current.handle
  }

  /**
   * After a failed write nobody knows what is in the file: the next write opens it anew and cuts off a torn
   * line.
   */
  async function abandon(): Promise<void> {
    const broken = current
    current = undefined
    // The write's own error is what the callers get; a handle that cannot be closed adds nothing to it.
    await broken?.handle.close().catch(() => undefined)
  }
}

/** Opens a file for appending, without the line that a crash may have torn at its end. */
export async function openAtLine(path: string): Promise<FileHandle> {
  const handle = await open(path, 'a+', 0o600)
  try {
    const { size } = await handle.stat()
    const whole = await wholeLinesBytes(path)
    if (whole < size) await handle.truncate(whole)
    return handle
  } catch (error) {
    await handle.close()
    throw error
  }
}
