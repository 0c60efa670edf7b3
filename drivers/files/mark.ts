import { closeSync, openSync, readFileSync, writeSync } from 'node:fs'
import { crc32 } from 'node:zlib'
import { isAbsent } from './durable.ts'

/**
 * A few numbers beside a file that grows, saying how much of it is durable: the last block of a log says
 * nothing of itself, so without the mark a damaged one could not be told from one that a crash had torn.
 *
 * It is written after each sync of the file and never synced itself: whatever of it reaches the disk is true,
 * and after the death of the process alone it is exact.
 */
export class Mark {
  readonly #fd: number
  readonly #bytes: Buffer
  #closed = false

  /** Opens the mark at `path`, made when missing, for so many numbers. */
  constructor(path: string, numbers: number) {
    closeSync(openSync(path, 'a'))
    this.#fd = openSync(path, 'r+')
    this.#bytes = Buffer.alloc(8 * numbers + 4)
  }

  write(...numbers: readonly number[]): void {
    const end = this.#bytes.length - 4
    for (const [i, number] of numbers.entries()) this.#bytes.writeDoubleLE(number, 8 * i)
    this.#bytes.writeUInt32LE(crc32(this.#bytes.subarray(0, end)), end)
    writeSync(this.#fd, this.#bytes, 0, this.#bytes.length, 0)
  }

  close(): void {
    if (!this.#closed) closeSync(this.#fd)
    this.#closed = true
  }
}

/** The numbers of a mark; none where there is no mark, or one without content, or a damaged one. */
export function readMark(path: string, numbers: number): readonly number[] | undefined {
  try {
    const bytes = readFileSync(path)
    const end = 8 * numbers
    if (bytes.length !== end + 4 || crc32(bytes.subarray(0, end)) !== bytes.readUInt32LE(end))
      return undefined
    return Array.from({ length: numbers }, (_, i) => bytes.readDoubleLE(8 * i))
  } catch (error) {
    if (isAbsent(error)) return undefined
    throw error
  }
}
