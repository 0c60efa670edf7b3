import { type Calendar, openCalendar } from '../data/calendar.ts'
import { formatInstant, WINDOWS } from '../data/time.ts'
import { openZone, type Zone } from '../data/zone.ts'
import { TributaryError } from '../errors.ts'
import type { RollupWindows } from '../ports/views.ts'

/** The windows that are asked for. @throws TributaryError `bad_request` for no such time zone */
export function calendarOf({ asked, timezone = 'UTC' }: Pick<RollupWindows, 'asked' | 'timezone'>): Calendar {
  return openCalendar(asked, zoneOf(timezone))
}

/** @throws TributaryError `bad_request` where there is no such time zone */
export function zoneOf(timezone: string): Zone {
  const zone = openZone(timezone)
  if (zone !== undefined) return zone
  const remedy = 'give a name of the IANA database, such as Europe/Berlin'
  throw new TributaryError('bad_request', `timezone "${timezone.slice(0, 100)}" is unknown; ${remedy}`)
}

/** Declared windows that may lie in those asked for, ms since 1970; undefined: open. */
export function rangeToRead(windows: RollupWindows): {
  readonly from: number | undefined
  readonly to: number | undefined
} {
  const calendar = calendarOf(windows)
  const next = (ms: number) => (calendar.startOf(ms) === ms ? ms : calendar.endOf(calendar.startOf(ms)))
  // Where clocks are put back at midnight, an hour of the day before comes after the start of the next one.
  const margin = windows.timezone === undefined ? 0 : WINDOWS.day
  return {
    from: windows.from === undefined ? undefined : next(windows.from) - margin,
    to: windows.to === undefined ? undefined : next(windows.to) + margin,
  }
}

/** Starts that are kept, so that each declared window is looked up once. */
const MAX_KEPT = 100_000

/**
 * Start of a declared window → that of the one it goes into; undefined: that one is not asked for.
 *
 * @throws (the function) TributaryError `bad_request` where a declared window lies in two of them
 */
export function compileStarts(windows: RollupWindows): (window: number) => number | undefined {
  const { declared, asked, timezone, from = -Infinity, to = Infinity } = windows
  if (declared === asked && timezone === undefined) return window => window
  const calendar = calendarOf(windows)
  const startOf = (window: number): number | undefined => {
    const start = calendar.startOf(window)
    const last = calendar.startOf(window + WINDOWS[declared] - 1)
    if (last !== start) throw notWhole(windows, last)
    return start >= from && start < to ? start : undefined
  }
  const kept = new Map<number, number | undefined>()
  return window => {
    if (kept.has(window)) return kept.get(window)
    if (kept.size >= MAX_KEPT) kept.clear()
    const start = startOf(window)
    kept.set(window, start)
    return start
  }
}

/**
 * Refuses a time zone whose midnight lies within a declared window at an instant: its days have parts of
 * cells that cannot be told apart. So that what is refused does not depend on the data alone.
 *
 * @throws TributaryError `bad_request`
 */
export function mustFit(windows: RollupWindows, instant: number): void {
  const start = calendarOf(windows).startOf(instant)
  if (start % WINDOWS[windows.declared] !== 0) throw notWhole(windows, start)
}

function notWhole({ declared, asked, timezone }: RollupWindows, start: number): TributaryError {
  return new TributaryError(
    'bad_request',
    `timezone "${timezone}" has a ${asked} that begins at ${formatInstant(start)}, where no ${declared} of UTC does, and the metric is declared by the ${declared}; leave timezone out, or declare the metric by a shorter window`,
  )
}
