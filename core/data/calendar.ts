import { floorTo, utc, WINDOWS, type Window } from './time.ts'
import { UTC, type Zone } from './zone.ts'

/** Windows that numbers can be asked for, shortest first. A week begins on Monday, as in ISO 8601. */
export const CALENDAR_WINDOWS = ['minute', 'hour', 'day', 'week', 'month', 'quarter', 'year'] as const

export type CalendarWindow = (typeof CALENDAR_WINDOWS)[number]

/** Windows of one kind, one after another without a gap. */
export type Calendar = {
  /** Start of the window that holds an instant, ms since 1970. */
  startOf(ms: number): number
  /** Where the window that starts there ends, and the next one starts. */
  endOf(start: number): number
}

/** The first Monday after 1970 began. */
const MONDAY = 4 * WINDOWS.day

const CALENDARS: Readonly<Record<CalendarWindow, Calendar>> = {
  minute: fixed(WINDOWS.minute),
  hour: fixed(WINDOWS.hour),
  day: fixed(WINDOWS.day),
  week: fixed(7 * WINDOWS.day, MONDAY),
  month: months(1),
  quarter: months(3),
  year: months(12),
}

/**
 * The windows of a kind, by the clocks of a zone: its days are those that its calendar shows, be they 23 or
 * 25 hours long. Where clocks are put back at midnight, the hour that comes again belongs to the day before,
 * as the calendar showed it then.
 */
export function openCalendar(window: CalendarWindow, zone: Zone = UTC): Calendar {
  const calendar = CALENDARS[window]
  if (zone === UTC) return calendar
  return {
    startOf: ms => zone.instantOf(calendar.startOf(zone.localOf(ms))),
    endOf: start => zone.instantOf(calendar.endOf(calendar.startOf(zone.localOf(start)))),
  }
}

/** Those of `CALENDAR_WINDOWS` that windows of a metric fill without a rest. */
export function windowsFrom(declared: Window): readonly CalendarWindow[] {
  return CALENDAR_WINDOWS.slice(CALENDAR_WINDOWS.indexOf(declared))
}

function fixed(length: number, origin = 0): Calendar {
  return {
    startOf: ms => origin + floorTo(ms - origin, length),
    endOf: start => start + length,
  }
}

function months(count: number): Calendar {
  return {
    startOf(ms) {
      const date = new Date(ms)
      const month = date.getUTCMonth()
      return utc(date.getUTCFullYear(), 1 + month - (month % count), 1)
    },
    endOf(start) {
      const date = new Date(start)
      return utc(date.getUTCFullYear(), 1 + date.getUTCMonth() + count, 1)
    },
  }
}
