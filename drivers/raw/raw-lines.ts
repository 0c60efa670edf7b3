import { createReadStream } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { TributaryError } from '../../core/errors.ts'
import { RECEIPT_MS_DIGITS } from '../../core/event/receipt.ts'
import type { RawLines, Stretch } from '../../core/ports/raw-lines.ts'

/** Bytes that are read at once: what is done with them takes a millisecond. */
const CHUNK = 1 << 20
const NEWLINE = 0x0a
const BEFORE_RECEIPT = '{"tbreceipt":"'

/** Raw objects in the folder of a lake. Checksums are for the engines: a line that is damaged is no JSON. */
export function openRawLines(folder: string): RawLines {
  return {
    having: (object, text) => guarded(object, having(join(folder, object), Buffer.from(text))),
    backwards: (object, before) => guarded(object, backwards(join(folder, object), before)),
  }
}

async function* guarded<T>(object: string, work: AsyncIterable<T>): AsyncGenerator<T> {
  try {
    yield* work
  } catch (cause) {
    // Retention, or a repair, has removed it since it was listed.
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return
    throw new TributaryError('storage_failed', `${object} cannot be read`, { cause })
  }
}

async function* having(path: string, text: Buffer): AsyncGenerator<string> {
  let rest: Buffer = Buffer.alloc(0)
  for await (const chunk of bytesOf(path)) {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
    const end = bytes.lastIndexOf(NEWLINE) + 1
    for (let at = bytes.indexOf(text); at >= 0 && at < end; ) {
      const from = bytes.lastIndexOf(NEWLINE, at) + 1
      const to = bytes.indexOf(NEWLINE, at)
      yield bytes.toString('utf8', from, to)
      at = bytes.indexOf(text, to)
    }
    // The reader's next chunk lies elsewhere; what is left of this one is part of a line.
    rest = Buffer.from(bytes.subarray(end))
  }
}

async function* bytesOf(path: string): AsyncGenerator<Buffer> {
  const file: Readable = createReadStream(path, { highWaterMark: CHUNK })
  if (!path.endsWith('.gz')) return yield* file as AsyncIterable<Buffer>
  const inflated = createGunzip({ chunkSize: CHUNK })
  file.once('error', error => inflated.destroy(error))
  yield* file.pipe(inflated) as AsyncIterable<Buffer>
}

/**
 * Objects that delivery has written are in the order of receipts, but for those of one millisecond. Others
 * are read whole.
 */
async function* backwards(path: string, before: number): AsyncGenerator<Stretch> {
  if (!path.endsWith('.ndjson')) return yield await whole(path, before)
  const handle = await open(path)
  try {
    const { size } = await handle.stat()
    let end = await endBefore(handle, size, before)
    while (end > 0) {
      const from = Math.max(0, end - CHUNK)
      const bytes = await read(handle, from, end - from)
      const begin = from === 0 ? 0 : bytes.indexOf(NEWLINE) + 1
      // A line may be longer than what is read at once: then the one newline is its own.
      const isLong = from > 0 && (begin === 0 || from + begin >= end)
      const start = isLong ? await lineStart(handle, end - 1) : from + begin
      const text = isLong ? await read(handle, start, end - start) : bytes.subarray(begin)
      yield { lines: linesIn(text).reverse(), bytes: end - start }
      end = start
    }
  } finally {
    await handle.close()
  }
}

async function whole(path: string, before: number): Promise<Stretch> {
  const lines: string[] = []
  let bytes = 0
  for await (const line of having(path, Buffer.from(BEFORE_RECEIPT))) {
    bytes += line.length
    if (receivedAt(line) <= before) lines.push(line)
  }
  // Text order is the order of receipts, with which every line begins.
  return { lines: lines.sort().reverse(), bytes }
}

/** End of the last whole line that was received at or before an instant. */
async function endBefore(handle: FileHandle, size: number, before: number): Promise<number> {
  let low = 0
  let high = await lineStart(handle, size)
  while (low < high) {
    const middle = await lineStart(handle, Math.floor((low + high) / 2))
    const end = await lineEnd(handle, middle, size)
    const head = (await read(handle, middle, 64)).toString('utf8')
    if (receivedAt(head) <= before) low = end
    else high = middle
  }
  return low
}

/** Where the line begins that holds the byte before `at`, or `at` itself where one ends there. */
async function lineStart(handle: FileHandle, at: number): Promise<number> {
  for (let to = at; to > 0; ) {
    const from = Math.max(0, to - LINE)
    const found = (await read(handle, from, to - from)).lastIndexOf(NEWLINE)
    if (found >= 0) return from + found + 1
    to = from
  }
  return 0
}

async function lineEnd(handle: FileHandle, at: number, size: number): Promise<number> {
  for (let from = at; from < size; from += LINE) {
    const found = (await read(handle, from, LINE)).indexOf(NEWLINE)
    if (found >= 0) return from + found + 1
  }
  return size
}

/** Bytes that most lines have less than. */
const LINE = 4096

async function read(handle: FileHandle, from: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await handle.read(Buffer.allocUnsafe(length), 0, length, from)
  return buffer.subarray(0, bytesRead)
}

function linesIn(bytes: Buffer): string[] {
  return bytes
    .toString('utf8')
    .split('\n')
    .filter(line => line !== '')
}

/** NaN of what is no received event, which then is of no instant. */
function receivedAt(line: string): number {
  return Number(line.slice(BEFORE_RECEIPT.length, BEFORE_RECEIPT.length + RECEIPT_MS_DIGITS))
}
