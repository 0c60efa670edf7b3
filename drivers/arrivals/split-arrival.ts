import {
  createRawFolderReader,
  type RawFolder,
  type RawFolderReader,
} from '../../core/event/received-line.ts'
import { rawObject, unreadableBytes, unreadableLines } from '../../core/lake/lake-paths.ts'
import type { SplitArrival } from '../../core/ports/arrivals.ts'
import type { DeliveredLines } from '../../core/ports/ledger.ts'
import type { Outputs } from './outputs.ts'
import type { Piece } from './pieces.ts'

const LINE_BREAK = 0x0a
const LINE_END = Buffer.from('\n')

/**
 * Sorts the lines of an arrival by type and epoch. Ingest packs records of one type and epoch, so nearly
 * every piece goes on as it is, still compressed; that all its lines say so is looked at all the same.
 *
 * @param name names the objects, by `rawObject` and the like
 */
export async function splitArrival(
  pieces: AsyncIterable<Piece>,
  outputs: Outputs,
  name: string,
): Promise<SplitArrival> {
  const folderOf = createRawFolderReader()
  const keys = new Map<RawFolder, string>()
  const keyOf = (folder: RawFolder): string => {
    const key = keys.get(folder) ?? rawObject(folder.type, folder.epoch, name)
    keys.set(folder, key)
    return key
  }
  const counts = new Map<RawFolder, number>()
  let unreadable = 0
  const count = (folder: RawFolder, lines: number) => counts.set(folder, (counts.get(folder) ?? 0) + lines)

  const split = (text: Buffer) => {
    for (const line of linesOf(text)) {
      const folder = folderOf(line, 0, line.length)
      if (folder === undefined) unreadable += 1
      else count(folder, 1)
      const key = folder === undefined ? unreadableLines(name) : keyOf(folder)
      outputs.addText(key, line)
      outputs.addText(key, LINE_END)
    }
  }
  const take = (piece: Piece) => {
    if (piece.kind === 'broken') {
      unreadable += 1
      return outputs.addText(unreadableBytes(name), piece.bytes)
    }
    const common = commonFolder(piece.text, folderOf)
    if (common === undefined) return split(piece.text)
    const { folder, lines } = common
    count(folder, lines)
    const key = keyOf(folder)
    if (piece.packed === undefined) outputs.addText(key, piece.text)
    else outputs.addMember(key, piece.packed)
  }

  for await (const piece of pieces) {
    take(piece)
    await outputs.spill()
  }
  return {
    lines: Array.from(counts, ([folder, lines]): DeliveredLines => ({ ...folder, lines })),
    unreadable,
  }
}

/** The one folder of all lines; undefined where there are several, or a line is not whole. */
function commonFolder(
  text: Buffer,
  folderOf: RawFolderReader,
): { folder: RawFolder; lines: number } | undefined {
  let folder: RawFolder | undefined
  let lines = 0
  for (let start = 0; start < text.length; lines++) {
    const end = text.indexOf(LINE_BREAK, start)
    if (end === -1) return undefined
    const own = folderOf(text, start, end)
    if (own === undefined || (folder !== undefined && own !== folder)) return undefined
    folder = own
    start = end + 1
  }
  return folder === undefined ? undefined : { folder, lines }
}

function* linesOf(text: Buffer): Generator<Buffer> {
  for (let start = 0; start < text.length; ) {
    const found = text.indexOf(LINE_BREAK, start)
    const end = found === -1 ? text.length : found
    if (end > start) yield text.subarray(start, end)
    start = end + 1
  }
}
