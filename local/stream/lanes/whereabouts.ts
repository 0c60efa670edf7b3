import { setImmediate as turn } from 'node:timers/promises'
import { laneOf } from '../../../core/event/partition.ts'
import type { MarkerTable } from '../../../drivers/markers/table/table.ts'
import type { LogReader } from '../../../drivers/stream/log/reader.ts'
import { committedEnd, type LogShared, logStart, position } from '../../../drivers/stream/log/shared.ts'
import { type LaneWords, lanePosition, slowestLane } from './lane-words.ts'

/** A line of the stream that one of its consumers has not taken yet. */
export type StreamedLine = {
  /** Place of its record in the stream, and its place in the record. */
  readonly sequence: number
  readonly index: number
  readonly line: string
  /** Whether the speed layer has applied it. */
  readonly isApplied: boolean
}

/** What the stream knows of an event. */
export type Whereabouts = {
  readonly lines: readonly StreamedLine[]
  /** Whether all that its consumers have still to read was looked through. */
  readonly isWhole: boolean
}

/** Bytes of the stream that one question looks through. */
const MOST_BYTES = 32 << 20
const READ_BYTES = 1 << 20

/**
 * Finds lines with a text in what the slower of the stream's consumers has still to read. Other work has its
 * turn after each read of a millisecond.
 */
export async function findStreamed(
  reader: Pick<LogReader, 'read'>,
  shared: LogShared,
  words: LaneWords,
  text: string,
): Promise<Whereabouts> {
  const end = committedEnd(shared)
  const first = Math.max(logStart(shared), Math.min(slowestLane(words), position(shared, 'raw')))
  const bytes = Buffer.from(text)
  const lines: StreamedLine[] = []
  for (let at = first; at < end; ) {
    if (at - first > MOST_BYTES) return { lines, isWhole: false }
    const entries = reader.read(at, READ_BYTES)
    if (entries.length === 0) break
    for (const { sequence, partition, data } of entries) {
      if (!data.includes(bytes)) continue
      const isApplied = sequence < lanePosition(words, laneOf(partition, words.positions.length))
      data
        .toString('utf8')
        .split('\n')
        .forEach((line, index) => {
          if (line.includes(text)) lines.push({ sequence, index, line, isApplied })
        })
    }
    at = entries.at(-1)!.next
    await turn()
  }
  return { lines, isWhole: true }
}

/** Which places have claimed each key, the newest first, where the speed layer still remembers it. */
export function claimsOfKeys(markers: Pick<MarkerTable, 'claimsOf'>, keys: readonly string[]) {
  return keys.map(key => markers.claimsOf(key))
}
