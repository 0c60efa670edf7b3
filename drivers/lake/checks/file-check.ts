import { open } from 'node:fs/promises'
import { crc32 } from 'node:zlib'

/** What is known of a file that never changes again. */
export type FileCheck = {
  readonly bytes: number
  /** CRC-32 of all of it. */
  readonly crc: number
  /** Lines of it, where it is one of lines. */
  readonly lines?: number
}

const CHUNK = 1 << 20
const NEWLINE = 10

/** Reads a file, or its first `length` bytes, for what `FileCheck` says; with its lines where asked for. */
export async function checkOf(
  path: string,
  { length = Number.POSITIVE_INFINITY, lines = false } = {},
): Promise<FileCheck> {
  await using handle = await open(path, 'r')
  const buffer = Buffer.allocUnsafe(CHUNK)
  let [bytes, crc, found] = [0, 0, 0]
  for (;;) {
    const wanted = Math.min(CHUNK, length - bytes)
    const { bytesRead } = await handle.read(buffer, 0, wanted, bytes)
    if (bytesRead === 0) return { bytes, crc, ...(lines && { lines: found }) }
    const chunk = buffer.subarray(0, bytesRead)
    crc = crc32(chunk, crc)
    if (lines) found += newlinesIn(chunk)
    bytes += bytesRead
  }
}

export function isSame(a: FileCheck, b: FileCheck): boolean {
  return a.bytes === b.bytes && a.crc === b.crc
}

function newlinesIn(chunk: Buffer): number {
  let count = 0
  for (let at = chunk.indexOf(NEWLINE); at >= 0; at = chunk.indexOf(NEWLINE, at + 1)) count++
  return count
}
