import { formatInstant } from '../data/time.ts'
import type { Rejection } from './event.ts'

/** How far an event's time may be from when it is received, ms; Infinity: any. */
export type TimeBounds = { readonly ahead: number; readonly behind: number }

const DAY = 86_400_000

/**
 * A day covers clocks that are wrong by a time zone. What is further ahead is a mistake (a year mistyped, ms
 * for s), and its window would stand in every answer for years.
 */
export const DEFAULT_TIME_BOUNDS: TimeBounds = { ahead: DAY, behind: Infinity }

/** Says why the time of an event is not taken; ms since 1970. */
export function compileTimeCheck(
  { ahead, behind }: TimeBounds,
  now: () => number,
): (time: number) => Rejection | undefined {
  return time => {
    const received = now()
    if (time > received + ahead) return refused('after', received + ahead, 'AHEAD')
    if (time < received - behind) return refused('before', received - behind, 'BEHIND')
    return undefined
  }
}

function refused(side: string, bound: number, setting: string): Rejection {
  return {
    code: 'time_out_of_bounds',
    detail: `attribute "time" is ${side} ${formatInstant(bound)}; send when it happened, or set TRIBUTARY_TIME_${setting}`,
    place: '/time',
  }
}
