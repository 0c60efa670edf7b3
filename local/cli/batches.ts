import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { Readable } from 'node:stream'
import { TributaryError } from '../../core/errors.ts'
import { parseJson } from '../../core/json/json.ts'
import { fileBytes, isGzipName } from '../../drivers/inbox/file-bytes.ts'

/** Events in one request, and bytes of them, at most: under the platform's 10,000, and 4 MiB on AWS. */
export const BATCH_EVENTS = 500
const BATCH_BYTES = 4_000_000

/** Longest array that is read whole; longer input goes as one event a line. */
const MAX_ARRAY = 256 * 1024 * 1024

/** Events as JSON text, with where the first of them stands in the input (0, 1, …). */
export type Batch = { readonly first: number; readonly events: readonly string[] }

/** Groups events into batches. */
export async function* batchesOf(events: AsyncIterable<string> | Iterable<string>): AsyncGenerator<Batch> {
  let batch: string[] = []
  let bytes = 0
  let first = 0
  for await (const event of events) {
    // With the comma or bracket beside it.
    const length = Buffer.byteLength(event) + 1
    if (batch.length === BATCH_EVENTS || (batch.length > 0 && bytes + length > BATCH_BYTES)) {
      yield { first, events: batch }
      first += batch.length
      batch = []
      bytes = 0
    }
    batch.push(event)
    bytes += length
  }
  if (batch.length > 0) yield { first, events: batch }
}

/** The stream of a file, inflated where its name ends in `.gz`; `-` or undefined is standard input. */
export function openInput(file: string | undefined, standard: NodeJS.ReadableStream): NodeJS.ReadableStream {
  return file === undefined || file === '-' ? standard : Readable.from(bytesOf(file))
}

async function* bytesOf(file: string): AsyncGenerator<Uint8Array> {
  try {
    // A pipe, such as of a shell's `<(…)`, can only be read from its beginning.
    yield* isGzipName(file) ? inflated(file) : createReadStream(file)
  } catch (cause) {
    throw unreadable(`"${file}"`, cause)
  }
}

async function* inflated(file: string): AsyncGenerator<Uint8Array> {
  const handle = await open(file)
  try {
    yield* fileBytes(handle, true, 0)
  } finally {
    await handle.close()
  }
}

/**
 * Events of an input: one JSON object a line, or one JSON array. The text is passed on as it is, so that no
 * number changes.
 *
 * @throws TributaryError `bad_request` naming the line, `not_found` when the file cannot be read
 */
export async function* readEvents(input: NodeJS.ReadableStream): AsyncGenerator<string> {
  let array: string[] | undefined
  let size = 0
  let number = 0
  for await (const text of linesOf(input)) {
    number++
    // Windows tools begin a file with a byte order mark; file ingest leaves it out, too.
    const line = number === 1 && text.startsWith('\uFEFF') ? text.slice(1) : text
    if (line.trim() === '') continue
    if (array === undefined && size === 0 && line.trimStart().startsWith('[')) array = []
    size += line.length
    if (array === undefined) yield requireJson(line, number)
    else if (size <= MAX_ARRAY) array.push(line)
    else
      throw new TributaryError(
        'too_large',
        `an array may have ${MAX_ARRAY} characters; send one event a line`,
      )
  }
  if (array !== undefined) yield* elementsOf(array.join('\n'))
}

async function* linesOf(input: NodeJS.ReadableStream): AsyncGenerator<string> {
  try {
    yield* createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })
  } catch (cause) {
    throw unreadable('the input', cause)
  }
}

/** What a sender does about an input that cannot be read. */
function unreadable(of: string, cause: unknown): TributaryError {
  if (cause instanceof TributaryError) return cause
  return new TributaryError('not_found', remedyOf(of, cause), { cause })
}

function remedyOf(of: string, failure: unknown): string {
  const { code } = failure as NodeJS.ErrnoException
  if (code === 'ENOENT') return `there is no file ${of}; give a path, or - for standard input`
  if (code === 'EISDIR') return `${of} is a folder; give a file in it`
  if (code === 'EACCES')
    return `${of} may not be read; give it to this account, or send it through standard input`
  return `${of} cannot be read: ${String(failure)}`
}

function requireJson(line: string, number: number): string {
  try {
    JSON.parse(line)
    return line
  } catch (cause) {
    throw new TributaryError(
      'bad_request',
      `line ${number} is not JSON; give one event a line, or one array of events`,
      { cause },
    )
  }
}

function* elementsOf(text: string): Generator<string> {
  let events: unknown
  try {
    events = parseJson(text)
  } catch (cause) {
    throw new TributaryError('bad_request', 'the input is not a JSON array', { cause })
  }
  for (const event of events as unknown[]) yield JSON.stringify(event)
}
