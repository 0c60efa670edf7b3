import { createReadStream } from 'node:fs'
import { pipeline } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { TributaryError } from '../../core/errors.ts'

/**
 * Bytes of a file from one on. Those of a gzip file, of any number of members, are inflated, and counted
 * after that.
 *
 * @throws TributaryError `corrupt_data` where it cannot be inflated; errors of the file system as they are
 */
export async function* fileBytes(path: string, isGzip: boolean, from: number): AsyncGenerator<Uint8Array> {
  if (!isGzip) {
    yield* createReadStream(path, { start: from })
    return
  }
  let left = from
  for await (const piece of inflated(path)) {
    if (left < piece.length) yield left === 0 ? piece : piece.subarray(left)
    left = Math.max(0, left - piece.length)
  }
}

async function* inflated(path: string): AsyncGenerator<Buffer> {
  // `pipeline` ends both when one fails, or the reader stops; a failure comes out of the last stream.
  const gunzip = pipeline(createReadStream(path), createGunzip(), () => undefined)
  try {
    yield* gunzip
  } catch (cause) {
    if (!(cause instanceof Error) || !('code' in cause) || !String(cause.code).startsWith('Z_')) throw cause
    throw new TributaryError('corrupt_data', `the file is no whole gzip file: ${cause.message}`, { cause })
  }
}

/** Is a file of this name compressed? */
export const isGzipName = (name: string): boolean => name.endsWith('.gz')
