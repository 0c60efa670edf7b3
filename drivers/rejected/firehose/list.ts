import { TributaryError } from '../../../core/errors.ts'
import type { ListedObject, Objects } from '../../../core/ports/objects.ts'
import type { RejectedEvent, RejectedQuery } from '../../../core/ports/rejected.ts'
import type { TimeLeft } from '../../aws/retry.ts'
import { linesOf } from './lines.ts'
import { hourFolder } from './sink.ts'

export type RejectedObjects = Pick<Objects, 'get' | 'list'>

export type Page = { readonly events: readonly RejectedEvent[]; readonly next: string | undefined }

/** Characters one call looks through at most; `next` continues. */
const MAX_SCAN = 64 * 1024 * 1024
/**
 * Bytes that the events of a page take in an answer of Lambda, which is 6,291,556 at most. There a line is
 * escaped once more, and its instant, its mark and what is missing in it take up to the extra.
 */
const MAX_PAGE = 6_100_000
const EXTRA = 150

/** Objects read at once, at most so many and so many bytes. */
const READ_AHEAD = 16
const READ_AHEAD_BYTES = 8 * 1024 * 1024

/**
 * Firehose names an object by the hour of the oldest record in its buffer, which waits 15 minutes at most;
 * clocks differ, too.
 */
const BUFFER_MS = 20 * 60_000

/**
 * One page of rejections, object by object; those of the page sorted by receipt, each once. A cursor is an
 * object and a line of it.
 */
export async function listPage(
  objects: RejectedObjects,
  query: RejectedQuery,
  timeLeft: TimeLeft,
): Promise<Page> {
  const events = new Map<string, RejectedEvent>()
  let scanned = 0
  let size = 0
  for await (const { key, content } of contentsOf(objects, query)) {
    const skipped = key === cursorOf(query)?.key ? cursorOf(query)!.line : 0
    let line = 0
    for await (const text of linesOf(content, key)) {
      line += 1
      if (line <= skipped) continue
      scanned += text.length
      const event = readRejected(text, key, line)
      if (matches(event, query)) {
        size += Buffer.byteLength(JSON.stringify(text)) + EXTRA
        // The first of a page is in it however long it is, so that each call gets on.
        if (size > MAX_PAGE && events.size > 0) return pageOf(events, `${key}:${line - 1}`)
        events.set(event.receipt, event)
      }
      if (events.size >= query.limit || scanned > MAX_SCAN) return pageOf(events, `${key}:${line}`)
    }
    // Whole objects only: a call always gets on, however little time it has.
    if (timeLeft() <= 0) return pageOf(events, `${key}:${line}`)
  }
  return pageOf(events, undefined)
}

function pageOf(events: ReadonlyMap<string, RejectedEvent>, next: string | undefined): Page {
  const sorted = [...events.values()].sort((a, b) =>
    a.receipt < b.receipt ? -1 : a.receipt > b.receipt ? 1 : 0,
  )
  return { events: sorted, next }
}

/** Objects from the start of a query on, by key; some are read ahead of time. */
async function* contentsOf(objects: RejectedObjects, query: RejectedQuery) {
  const cursor = cursorOf(query)
  const first = cursor === undefined ? undefined : await objects.get(cursor.key)
  if (first !== undefined) yield { key: cursor!.key, content: first }
  let after = cursor?.key ?? (query.from === undefined ? undefined : hourFolder(query.from - BUFFER_MS))
  for (;;) {
    const listed = await objects.list('rejected/', {
      limit: READ_AHEAD,
      ...(after !== undefined && { after }),
    })
    if (listed.length === 0) return
    const now = fitting(listed)
    const contents = await Promise.all(now.map(({ key }) => objects.get(key)))
    for (const [at, { key }] of now.entries()) {
      // An object that its lifecycle ended meanwhile is not there.
      if (contents[at] !== undefined) yield { key, content: contents[at] }
    }
    after = now.at(-1)!.key
  }
}

/** The first objects that may be in memory at once; one at least. */
function fitting(listed: readonly ListedObject[]): readonly ListedObject[] {
  let bytes = 0
  const end = listed.findIndex(one => {
    bytes += one.bytes
    return bytes > READ_AHEAD_BYTES
  })
  return end < 0 ? listed : listed.slice(0, Math.max(1, end))
}

function matches(event: RejectedEvent, { type, from }: RejectedQuery): boolean {
  return (type === undefined || event.type === type) && (from === undefined || event.receivedAt >= from)
}

const CURSOR = /^(rejected\/\d{4}\/\d\d\/\d\d\/\d\d\/[^\s]{1,800}):(\d{1,9})$/

function cursorOf({ after }: RejectedQuery): { readonly key: string; readonly line: number } | undefined {
  if (after === undefined) return undefined
  const [, key, line] = CURSOR.exec(after) ?? []
  if (key === undefined)
    throw new TributaryError('bad_request', '"after" names no page; give "next" of an earlier answer')
  return { key, line: Number(line) }
}

function readRejected(text: string, key: string, line: number): RejectedEvent {
  try {
    const event = JSON.parse(text) as RejectedEvent
    if (typeof event.receipt !== 'string' || typeof event.event !== 'string') throw new Error('other fields')
    return { ...event, type: event.type, id: event.id }
  } catch (cause) {
    throw new TributaryError('corrupt_data', `line ${line} of ${key} is no rejected event`, { cause })
  }
}
