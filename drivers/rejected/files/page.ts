import { type FileHandle, open } from 'node:fs/promises'
import { join } from 'node:path'
import { TributaryError } from '../../../core/errors.ts'
import type { RejectedEvent, RejectedQuery } from '../../../core/ports/rejected.ts'
import { readCheckedLine } from '../../files/checked-line.ts'
import { damaged } from '../../files/checked-text.ts'
import { hourFile, hoursOf } from './folder.ts'

type Listed = RejectedEvent & { readonly replayed: boolean }
type Page = { readonly events: readonly Listed[]; readonly next: string | undefined }

/** Bytes one call looks through, and bytes it returns, at most: `next` continues. */
const MAX_SCAN = 64 * 1024 * 1024
const MAX_PAGE = 16 * 1024 * 1024

/**
 * One page of rejections, oldest first; damaged lines are left out, and `report` is told. A cursor is a file
 * and a place in it: `20260131T120000Z.ndjson:4711`.
 */
export async function readPage(
  folder: string,
  isReplayed: (receipt: string) => boolean,
  query: RejectedQuery,
  report: (failure: TributaryError) => void,
): Promise<Page> {
  const start = startOf(query)
  const names = (await hoursOf(folder)).filter(name => name >= start.name)
  const events: Listed[] = []
  let scanned = 0
  let size = 0
  for (const name of names) {
    const offset = name === start.name ? start.offset : 0
    for await (const { line, end } of linesOf(join(folder, name), offset)) {
      scanned += line.length
      const json = readCheckedLine(line)
      if (json === undefined) report(damaged(join(folder, name), `the line before byte ${end} is not intact`))
      const event = json === undefined ? undefined : (JSON.parse(json) as RejectedEvent)
      if (event !== undefined && matches(event, query)) {
        size += line.length
        events.push({ ...event, type: event.type, id: event.id, replayed: isReplayed(event.receipt) })
      }
      if (events.length >= query.limit || scanned > MAX_SCAN || size > MAX_PAGE)
        return { events, next: `${name}:${end}` }
    }
  }
  return { events, next: undefined }
}

function matches(event: RejectedEvent, { type, from }: RejectedQuery): boolean {
  return (type === undefined || event.type === type) && (from === undefined || event.receivedAt >= from)
}

function startOf({ after, from }: RejectedQuery): { name: string; offset: number } {
  if (after === undefined) return { name: from === undefined ? '' : hourFile(from), offset: 0 }
  const [, name, offset] = /^(\d{8}T\d{6}Z\.ndjson):(\d{1,15})$/.exec(after) ?? []
  if (name === undefined)
    throw new TributaryError('bad_request', '"after" names no page; give "next" of an earlier answer')
  return { name, offset: Number(offset) }
}

const CHUNK = 256 * 1024

/** Complete lines of a file from a place on, and where each ends. */
export async function* linesOf(path: string, offset: number): AsyncGenerator<{ line: string; end: number }> {
  const handle = await open(path, 'r')
  try {
    let rest = Buffer.alloc(0)
    let position = offset
    for (;;) {
      const chunk = await readChunk(handle, position + rest.length)
      // What follows the last line end is a line being written, or torn: not there yet.
      if (chunk.length === 0) return
      rest = Buffer.concat([rest, chunk])
      let begin = 0
      for (let at = rest.indexOf(0x0a); at >= 0; at = rest.indexOf(0x0a, begin)) {
        yield { line: rest.toString('utf8', begin, at), end: position + at + 1 }
        begin = at + 1
      }
      position += begin
      rest = rest.subarray(begin)
    }
  } finally {
    await handle.close()
  }
}

async function readChunk(handle: FileHandle, position: number): Promise<Buffer> {
  const { buffer, bytesRead } = await handle.read(Buffer.allocUnsafe(CHUNK), 0, CHUNK, position)
  return buffer.subarray(0, bytesRead)
}
