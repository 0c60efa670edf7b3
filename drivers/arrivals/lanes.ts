import { createLaneReader, type LaneReader, type RawLane } from '../../core/event/received-line.ts'
import { rawObject, unreadableBytes, unreadableLines } from '../../core/lake/lake-paths.ts'
import type { SplitArrival } from '../../core/ports/arrivals.ts'
import type { DeliveredLines } from '../../core/ports/ledger.ts'
import type { Outputs } from './outputs.ts'
import type { Piece } from './pieces.ts'

const LINE_BREAK = 0x0a
const LINE_END = Buffer.from('\n')

/**
 * Sorts the lines of an arrival by type and epoch. Ingest packs records of one type and epoch, so nearly every piece goes on
 * as it is, still compressed; that all its lines say so is looked at all the same.
 *
 * @param name names the objects, by `rawObject` and the like
 */
export async function splitLanes(
  pieces: AsyncIterable<Piece>,
  outputs: Outputs,
  name: string,
): Promise<SplitArrival> {
  const laneOf = createLaneReader()
  const keys = new Map<RawLane, string>()
  const keyOf = (lane: RawLane): string => {
    const key = keys.get(lane) ?? rawObject(lane.type, lane.epoch, name)
    keys.set(lane, key)
    return key
  }
  const counts = new Map<RawLane, number>()
  let unreadable = 0
  const count = (lane: RawLane, lines: number) => counts.set(lane, (counts.get(lane) ?? 0) + lines)

  const split = (text: Buffer) => {
    for (const line of linesOf(text)) {
      const lane = laneOf(line, 0, line.length)
      if (lane === undefined) unreadable += 1
      else count(lane, 1)
      const key = lane === undefined ? unreadableLines(name) : keyOf(lane)
      outputs.addText(key, line)
      outputs.addText(key, LINE_END)
    }
  }
  const take = (piece: Piece) => {
    if (piece.kind === 'broken') {
      unreadable += 1
      return outputs.addText(unreadableBytes(name), piece.bytes)
    }
    const common = commonLane(piece.text, laneOf)
    if (common === undefined) return split(piece.text)
    const { lane, lines } = common
    count(lane, lines)
    const key = keyOf(lane)
    if (piece.packed === undefined) outputs.addText(key, piece.text)
    else outputs.addMember(key, piece.packed)
  }

  for await (const piece of pieces) {
    take(piece)
    await outputs.spill()
  }
  return {
    lines: Array.from(counts, ([lane, lines]): DeliveredLines => ({ ...lane, lines })),
    unreadable,
  }
}

/** The one lane of all lines; undefined where there are several, or a line is not whole. */
function commonLane(text: Buffer, laneOf: LaneReader): { lane: RawLane; lines: number } | undefined {
  let lane: RawLane | undefined
  let lines = 0
  for (let start = 0; start < text.length; lines++) {
    const end = text.indexOf(LINE_BREAK, start)
    if (end === -1) return undefined
    const own = laneOf(text, start, end)
    if (own === undefined || (lane !== undefined && own !== lane)) return undefined
    lane = own
    start = end + 1
  }
  return lane === undefined ? undefined : { lane, lines }
}

function* linesOf(text: Buffer): Generator<Buffer> {
  for (let start = 0; start < text.length; ) {
    const found = text.indexOf(LINE_BREAK, start)
    const end = found === -1 ? text.length : found
    if (end > start) yield text.subarray(start, end)
    start = end + 1
  }
}
