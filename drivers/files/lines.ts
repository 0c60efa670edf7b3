import { open } from 'node:fs/promises'

const CHUNK_BYTES = 64 * 1024
const NEWLINE = 10

/**
 * The lines of a file from the last to the first, without reading more of it than is asked for. What follows
 * the last line break was never completely written and is left out.
 */
export async function* linesBackwards(path: string): AsyncGenerator<string> {
  await using handle = await open(path, 'r')
  let { size: at } = await handle.stat()
  /**
   * The end of a line whose start has not been read, last part first; undefined before the last line break.
   */
  let tail: Buffer[] | undefined
  while (at > 0) {
    const length = Math.min(CHUNK_BYTES, at)
    at -= length
    const { buffer } = await handle.read(Buffer.allocUnsafe(length), 0, length, at)
    let end = length
    for (let index = buffer.lastIndexOf(NEWLINE); index >= 0; index = before(buffer, index)) {
      if (tail !== undefined) yield join(buffer.subarray(index + 1, end), tail)
      tail = []
      end = index
    }
    tail?.push(buffer.subarray(0, end))
  }
  if (tail !== undefined) yield join(Buffer.alloc(0), tail)
}

/** Bytes of a file up to and including its last line break: what was completely written. */
export async function wholeLinesBytes(path: string): Promise<number> {
  await using handle = await open(path, 'r')
  let { size: at } = await handle.stat()
  while (at > 0) {
    const length = Math.min(CHUNK_BYTES, at)
    at -= length
    const { buffer } = await handle.read(Buffer.allocUnsafe(length), 0, length, at)
    const index = buffer.lastIndexOf(NEWLINE)
    if (index >= 0) return at + index + 1
  }
  return 0
}

function before(buffer: Buffer, index: number): number {
  return index === 0 ? -1 : buffer.lastIndexOf(NEWLINE, index - 1)
}

function join(first: Buffer, tail: readonly Buffer[]): string {
  return Buffer.concat([first, ...tail.toReversed()]).toString('utf8')
}
