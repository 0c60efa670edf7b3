import { floorTo, parseInstant, WINDOWS } from './time.ts'

/**
 * Reads the times of a run of events as ms since 1970: `parseInstant`, several times faster where an event
 * falls on the UTC day of the one before, as most do.
 */
export function createEventTimeReader(): (text: string) => number | undefined {
  let day = 'none'
  let dayStart = 0
  return text => {
    if (text.startsWith(day)) {
      const ms = timeOfDay(text)
      if (ms >= 0) return dayStart + ms
    }
    const ms = parseInstant(text)
    if (ms !== undefined && text.endsWith('Z')) {
      day = text.slice(0, 11)
      dayStart = floorTo(ms, WINDOWS.day)
    }
    return ms
  }
}

/** ms since midnight of the usual forms `…THH:MM:SSZ` and `…THH:MM:SS.mmmZ`; −1 for every other. */
function timeOfDay(text: string): number {
  const { length } = text
  if (text.charCodeAt(13) !== COLON || text.charCodeAt(16) !== COLON || text.charCodeAt(length - 1) !== ZULU)
    return -1
  const hour = digit(text, 11) * 10 + digit(text, 12)
  const minute = digit(text, 14) * 10 + digit(text, 15)
  const second = digit(text, 17) * 10 + digit(text, 18)
  let ms = 0
  if (length === 24 && text.charCodeAt(19) === POINT)
    ms = digit(text, 20) * 100 + digit(text, 21) * 10 + digit(text, 22)
  else if (length !== 20) return -1
  // A character that is no digit makes its number NaN, and then no comparison holds.
  return hour <= 23 && minute <= 59 && second <= 59 && ms >= 0
    ? hour * 3_600_000 + minute * 60_000 + second * 1000 + ms
    : -1
}

const [COLON, ZULU, POINT] = [58, 90, 46]

function digit(text: string, at: number): number {
  const value = text.charCodeAt(at) - 48
  return value >= 0 && value <= 9 ? value : Number.NaN
}
