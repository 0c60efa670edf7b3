/** Event-time buckets a metric can declare, in ms. All are cut in UTC. */
export const WINDOWS = { minute: 60_000, hour: 3_600_000, day: 86_400_000 } as const

export type Window = keyof typeof WINDOWS

/** Start of the bucket of `length` ms that holds `ms`; also right before 1970. */
export function floorTo(ms: number, length: number): number {
  return Math.floor(ms / length) * length
}

/** RFC 3339, 5.6: T and Z may be lower case, and a fraction may have any number of digits. */
const RFC3339 = /^(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:\.(\d+))?(?:[Zz]|([+-])(\d\d):(\d\d))$/

const DAYS_IN_MONTH = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

/**
 * Reads an RFC 3339 instant as ms since 1970, cutting (never rounding) digits below the millisecond, so that
 * an instant cannot move into the next window. Undefined where the text is not such an instant. A leap second
 * (`:60`) is legal RFC 3339 but has no number of its own in Unix time, so it is not accepted either; nor are
 * years beyond 1 … 9999.
 */
export function parseInstant(text: string): number | undefined {
  const parts = RFC3339.exec(text)
  if (parts === null) return undefined
  const [, y, mo, d, h, mi, s, fraction, sign, offsetHours, offsetMinutes] = parts
  const year = Number(y)
  const month = Number(mo)
  const day = Number(d)
  if (month < 1 || month > 12 || day < 1 || day > daysIn(year, month)) return undefined
  const hour = Number(h)
  const minute = Number(mi)
  const second = Number(s)
  if (hour > 23 || minute > 59 || second > 59) return undefined
  const ms = fraction === undefined ? 0 : Number(fraction.slice(0, 3).padEnd(3, '0'))
  const local = utc(year, month, day) + hour * 3_600_000 + minute * 60_000 + second * 1000 + ms
  if (sign === undefined) return inRange(local)
  const oh = Number(offsetHours)
  const om = Number(offsetMinutes)
  if (oh > 23 || om > 59) return undefined
  const offset = (oh * 60 + om) * 60_000
  return inRange(sign === '+' ? local - offset : local + offset)
}

/** The years 1 to 9999 in UTC: PostgreSQL reads no year 0, and ISO text no year of five digits. */
function inRange(ms: number): number | undefined {
  return ms >= FIRST_INSTANT && ms <= LAST_INSTANT ? ms : undefined
}

const FIRST_INSTANT = Date.parse('0001-01-01T00:00:00Z')
const LAST_INSTANT = Date.parse('9999-12-31T23:59:59.999Z')

function daysIn(year: number, month: number): number {
  const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
  return month === 2 && leap ? 29 : DAYS_IN_MONTH[month - 1]!
}

/** Midnight of a date, ms since 1970; months count from 1, and 13 is January of the next year. */
export function utc(year: number, month: number, day: number): number {
  if (year >= 100) return Date.UTC(year, month - 1, day)
  // Date.UTC reads 0 … 99 as 1900 … 1999.
  return new Date(0).setUTCFullYear(year, month - 1, day)
}

/**
 * ISO text of an instant without needless fraction: `2001-07-01T00:00:00Z`, or with ms where there are any.
 */
export function formatInstant(ms: number): string {
  const text = new Date(ms).toISOString()
  return text.endsWith('.000Z') ? `${text.slice(0, -5)}Z` : text
}

/**
 * An instant as `parseInstant` takes it, in UTC, to the microsecond: what lakes and warehouses keep of it.
 * Further digits are cut: rounded, the last instant of a year would be in the next.
 *
 * @example utcText('2026-01-31T12:00:00.25+16:00') === '2026-01-30T20:00:00.25Z'
 */
export function utcText(text: string): string {
  const second = new Date(parseInstant(text)!).toISOString().slice(0, 19)
  const fraction = /\.\d{1,6}/.exec(text)?.[0] ?? ''
  return `${second}${fraction}Z`
}

/** An instant as a path part that sorts by time and needs no escaping: `20010701T000000Z`. */
export function pathInstant(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}Z`
}

/** Reads what `pathInstant` wrote. */
export function parsePathInstant(text: string): number {
  return Date.parse(text.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'))
}
