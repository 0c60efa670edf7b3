import { TributaryError } from '../../core/errors.ts'

/** Whole lines of a file that follow each other. */
export type LineChunk = {
  /** Bytes of each line without its end; blank lines are left out. */
  readonly lines: readonly Uint8Array[]
  /** Where the first line after them begins, bytes from the start of the file. */
  readonly end: number
}

export type ChunkLimits = {
  readonly lines: number
  /** Bytes of lines. */
  readonly bytes: number
  /** Longest line, bytes. */
  readonly line: number
}

const LINE_END = 10

/**
 * Cuts bytes into lines, some at a time. The last line needs no end. What is held is one chunk and one line.
 *
 * @throws TributaryError `corrupt_data` where a line is too long
 */
export async function* lineChunks(
  bytes: AsyncIterable<Uint8Array>,
  from: number,
  limits: ChunkLimits,
): AsyncGenerator<LineChunk> {
  let rest: Uint8Array = new Uint8Array()
  let [lines, size, end]: [Uint8Array[], number, number] = [[], 0, from]
  const add = (line: Uint8Array, length: number) => {
    end += length
    if (isBlank(line)) return
    lines.push(line)
    size += line.length
  }
  const full = () => lines.length >= limits.lines || size >= limits.bytes
  const taken = (): LineChunk => {
    const chunk = { lines, end }
    lines = []
    size = 0
    return chunk
  }
  for await (const piece of bytes) {
    const data = rest.length === 0 ? piece : Buffer.concat([rest, piece])
    let start = 0
    for (let at = data.indexOf(LINE_END); at !== -1; at = data.indexOf(LINE_END, start)) {
      add(data.subarray(start, at), at + 1 - start)
      start = at + 1
      if (full()) yield taken()
    }
    rest = data.subarray(start)
    if (rest.length > limits.line)
      throw new TributaryError('corrupt_data', `the line at byte ${end} is longer than ${limits.line} bytes`)
  }
  if (rest.length > 0) add(rest, rest.length)
  if (end > from || lines.length > 0) yield taken()
}

function isBlank(line: Uint8Array): boolean {
  return line.every(byte => byte === 32 || byte === 9 || byte === 13)
}
