import { openCalendar } from './calendar.ts'
import { utc } from './time.ts'
import { UTC, type Zone } from './zone.ts'

/** A month, by the calendar of a zone. */
export type Month = {
  /** As in `2026-10`. */
  readonly name: string
  /** Start, and the start of the month after, ms since 1970. */
  readonly from: number
  readonly to: number
}

/** Reads `2026-10`; undefined where it is no month. */
export function parseMonth(text: string, zone = UTC): Month | undefined {
  if (!/^[1-9]\d{3}-(?:0[1-9]|1[0-2])$/.test(text)) return undefined
  const from = zone.instantOf(utc(Number(text.slice(0, 4)), Number(text.slice(5)), 1))
  return { name: text, from, to: openCalendar('month', zone).endOf(from) }
}

/** The month before the one that holds an instant (ms since 1970). */
export function monthBefore(ms: number, zone: Zone = UTC): Month {
  const { startOf } = openCalendar('month', zone)
  const to = startOf(ms)
  const from = startOf(to - 1)
  return { name: new Date(zone.localOf(from)).toISOString().slice(0, 7), from, to }
}
