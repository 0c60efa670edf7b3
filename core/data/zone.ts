import { floorTo, WINDOWS } from './time.ts'

/** A time zone: how its clocks stand to UTC at any time. */
export type Zone = {
  /** What its clocks show at an instant, as the ms since 1970 at which clocks in UTC show the same. */
  localOf(ms: number): number
  /**
   * The instant at which its clocks show that: of two, where they were put back, the first one; of none,
   * where they were put forward, the one at which they were.
   */
  instantOf(local: number): number
}

export const UTC: Zone = { localOf: ms => ms, instantOf: local => local }

/** Days whose offsets are kept. */
const MAX_DAYS = 20_000

/** The offsets of a UTC day, ms: one, or another one from `changesAt` on. */
type Day = { readonly before: number; readonly changesAt: number; readonly after: number }

/**
 * A time zone of the IANA database by its name, in the version that this Node.js has been built with;
 * undefined where it is not there. Offsets such as `+02:00` are none: they know no summer time, and a `+` in
 * an address means a space.
 *
 * @example openZone('America/Sao_Paulo')
 */
export function openZone(name: string): Zone | undefined {
  if (name === 'UTC') return UTC
  const format = /^[A-Za-z]/.test(name) ? formatOf(name) : undefined
  if (format === undefined) return undefined
  const days = new Map<number, Day>()

  const dayOf = (start: number): Day => {
    const known = days.get(start)
    if (known !== undefined) return known
    if (days.size >= MAX_DAYS) days.clear()
    const day = readDay(format, start)
    days.set(start, day)
    return day
  }
  const offsetAt = (ms: number): number => {
    const { before, changesAt, after } = dayOf(floorTo(ms, WINDOWS.day))
    return ms < changesAt ? before : after
  }
  return {
    localOf: ms => ms + offsetAt(ms),
    instantOf(local) {
      // Offsets are less than a day, and clocks are not changed twice within two.
      const [earlier, later] = [offsetAt(local - WINDOWS.day), offsetAt(local + WINDOWS.day)]
      const candidates = [local - Math.max(earlier, later), local - Math.min(earlier, later)]
      return candidates.find(ms => ms + offsetAt(ms) === local) ?? local - earlier
    },
  }
}

function formatOf(timeZone: string): Intl.DateTimeFormat | undefined {
  try {
    return new Intl.DateTimeFormat('en-US', { timeZone, timeZoneName: 'longOffset' })
  } catch {
    // What it throws says no more than that there is no such zone.
    return undefined
  }
}

function readDay(format: Intl.DateTimeFormat, start: number): Day {
  const end = start + WINDOWS.day
  const [before, after] = [readOffset(format, start), readOffset(format, end)]
  if (before === after) return { before, changesAt: end, after }
  let [same, changesAt] = [start, end]
  while (changesAt - same > 1) {
    const middle = Math.floor((same + changesAt) / 2)
    if (readOffset(format, middle) === before) same = middle
    else changesAt = middle
  }
  return { before, changesAt, after }
}

/** As in `1/31/2026, GMT-03:30`; no digits where there is no offset, seconds in the times before zones. */
const OFFSET = /GMT(?:([+-])(\d\d):(\d\d)(?::(\d\d))?)?$/

function readOffset(format: Intl.DateTimeFormat, ms: number): number {
  const [, sign, hours = 0, minutes = 0, seconds = 0] = OFFSET.exec(format.format(ms))!
  const size = (Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds)) * 1000
  return sign === '-' ? -size : size
}
