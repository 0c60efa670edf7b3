import { TributaryError } from '../core/errors.ts'

/**
 * Waits for work at most `ms`.
 *
 * @throws TributaryError `timeout`; the work itself goes on, and what becomes of it no longer matters to the caller
 */
export async function within<T>(ms: number, what: string, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new TributaryError('timeout', `${what} took longer than ${ms} ms`)), ms)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}
