import { TributaryError } from '../../core/errors.ts'

/**
 * Does work on files. @throws TributaryError `storage_failed` where the file system fails; other failures go
 * on as they are
 */
export async function onFiles<T>(problem: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    // What is not the file system's fault came from the caller's own work.
    if (!(cause instanceof Error) || !('syscall' in cause)) throw cause
    throw new TributaryError('storage_failed', `lake: ${problem}: ${cause.message}`, { cause })
  }
}
