import type { FileHandle } from 'node:fs/promises'
import { TributaryError } from '../../core/errors.ts'
import { gunzipPieces, isGzipError } from '../files/gunzip.ts'

/**
 * Bytes of an open file from one on. Those of a gzip file, of any number of members, are inflated, and
 * counted after that. The file stays open.
 *
 * @throws TributaryError `corrupt_data` where it cannot be inflated; errors of the file system as they are
 */
export async function* fileBytes(
  file: FileHandle,
  isGzip: boolean,
  from: number,
): AsyncGenerator<Uint8Array> {
  if (!isGzip) {
    yield* file.createReadStream({ start: from, autoClose: false })
    return
  }
  let left = from
  for await (const piece of inflated(file)) {
    if (left < piece.length) yield left === 0 ? piece : piece.subarray(left)
    left = Math.max(0, left - piece.length)
  }
}

async function* inflated(file: FileHandle): AsyncGenerator<Uint8Array> {
  try {
    yield* gunzipPieces(file)
  } catch (cause) {
    if (!isGzipError(cause)) throw cause
    throw new TributaryError('corrupt_data', `the file is no whole gzip file: ${cause.message}`, { cause })
  }
}

/** Is a file of this name compressed? */
export const isGzipName = (name: string): boolean => /\.gz$/i.test(name)
