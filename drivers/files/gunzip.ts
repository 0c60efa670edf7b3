import type { FileHandle } from 'node:fs/promises'
import { pipeline } from 'node:stream'
import { createGunzip, type Gunzip, gunzip } from 'node:zlib'

/**
 * Gzip of any number of members (RFC 1952, 2.2), whole: zeros between or behind members are padding
 * (blocks of a tape, a tail that a power cut left), and anything else there is an error. Node's own
 * functions end at a zero, and what follows is lost in silence.
 */

const PADDING = 0
/** Stretches between padding in a request's body: each costs a call of zlib, and honest bodies have one. */
const MAX_STRETCHES = 1000

/**
 * Inflates bytes, to at most `limit` in all: a bomb costs no more memory than an honest body.
 *
 * @throws RangeError above the limit, or with padding in more than 1,000 places; zlib's error where the
 * bytes are not whole gzip
 */
export async function gunzipWhole(bytes: Buffer, limit: number): Promise<Buffer> {
  const parts: Buffer[] = []
  let [at, size] = [0, 0]
  do {
    const { part, read } = await gunzipMembers(bytes.subarray(at), limit - size)
    parts.push(part)
    size += part.length
    at = afterPadding(bytes, at + read)
    if (parts.length > MAX_STRETCHES) throw new RangeError(`padding in over ${MAX_STRETCHES} places`)
  } while (at < bytes.length)
  return parts.length === 1 ? parts[0]! : Buffer.concat(parts, size)
}

/** Members up to padding or the end, and how many bytes they take. */
function gunzipMembers(bytes: Buffer, limit: number): Promise<{ part: Buffer; read: number }> {
  return new Promise((resolve, reject) => {
    // Node takes no limit of zero; one byte more is found too large by whoever looks.
    const options = { info: true, maxOutputLength: Math.max(1, limit) }
    gunzip(bytes, options, (error, result) => {
      if (error !== null) return reject(error)
      const { buffer, engine } = result as unknown as { buffer: Buffer; engine: Gunzip }
      if (buffer.length > limit) reject(new RangeError(`more than ${limit} bytes`))
      else resolve({ part: buffer, read: engine.bytesWritten })
    })
  })
}

function afterPadding(bytes: Uint8Array, from: number): number {
  let at = from
  while (at < bytes.length && bytes[at] === PADDING) at++
  return at
}

/**
 * Inflates an open file, piece by piece; the file stays open.
 *
 * @throws zlib's error where it is not whole gzip (`isGzipError`); errors of the file system
 */
export async function* gunzipPieces(file: FileHandle): AsyncGenerator<Buffer> {
  const { size } = await file.stat()
  let at = 0
  do {
    const members = createGunzip()
    // `pipeline` ends both when one fails, or the reader stops; a failure comes out of the last stream.
    yield* pipeline(file.createReadStream({ start: at, autoClose: false }), members, () => undefined)
    at = await afterPaddingOf(file, at + members.bytesWritten)
  } while (at < size)
}

/** Where in a file the padding from a byte on ends. */
async function afterPaddingOf(file: FileHandle, from: number): Promise<number> {
  const block = Buffer.alloc(64 * 1024)
  for (let at = from; ; at += block.length) {
    const { bytesRead } = await file.read(block, 0, block.length, at)
    const end = afterPadding(block.subarray(0, bytesRead), 0)
    if (end < block.length) return at + end
  }
}

/** Does an error say that bytes are not whole gzip? */
export function isGzipError(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('Z_')
}
