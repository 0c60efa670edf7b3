import { writeId } from '../../suites/trip-events.ts'
import type { Counts } from './system.ts'

const HOUR = 3_600_000
const EVENTS_A_BLOCK = 100

/**
 * Which event is sent in a place: every hundredth is the one sent fifty before. Load.java has the same rule.
 */
export const sentIn = (place: number) => (place % EVENTS_A_BLOCK === 99 ? place - 50 : place)

/** Ids begin where those of other loads end. */
const FIRST_NUMBER = 1e9

/** The text of an event, from a line whose id is still to be written. */
export function withId(line: string, event: number): string {
  const id = Buffer.alloc(16)
  writeId(id, 0, FIRST_NUMBER + event)
  return line.replace('################', id.toString('latin1'))
}

/** What the counts must be once the events of `places` were each counted once. */
export function expectedCounts(lines: readonly string[], places: number): Counts {
  const keys = lines.map(keyOf)
  const counts: Record<string, number> = {}
  for (let place = 0; place < places; place++) {
    if (sentIn(place) !== place) continue
    const key = keys[place % keys.length]!
    counts[key] = (counts[key] ?? 0) + 1
  }
  return counts
}

function keyOf(line: string): string {
  const { time, data } = JSON.parse(line) as { time: string; data: { hoverboard_id: number } }
  return `${data.hoverboard_id}@${Math.floor(Date.parse(time) / HOUR) * HOUR}`
}
