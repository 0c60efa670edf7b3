import { texts } from '../texts/texts.ts'

const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 })
const exact = new Intl.NumberFormat('en', { maximumFractionDigits: 6 })
const short = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 })

/** A count: `1,204,332`. */
export const count = (value: number): string => whole.format(value)

/** A value of a measure, with at most six decimal places. */
export function measure(value: unknown): string {
  if (value === null || value === undefined) return texts.units.none
  return typeof value === 'number' ? exact.format(value) : String(value)
}

/** A value on an axis: `1.2M`. */
export const brief = (value: number): string => short.format(value)

/** Events a second: one decimal place below ten. */
export const rate = (value: number): string =>
  value > 0 && value < 10 ? value.toFixed(1) : whole.format(Math.round(value))

/** `3 types`. */
export const many = (value: number, [one, several]: readonly [string, string]): string =>
  `${count(value)} ${value === 1 ? one : several}`

/** A time of the day by the clock of UTC, as all times of the console are. */
export const clock = (ms: number): string => new Date(ms).toISOString().slice(11, 19)

/** An instant as `2026-01-31 12:05:07 UTC`. */
export const instant = (iso: string): string => `${iso.slice(0, 19).replace('T', ' ').replace('Z', '')} UTC`

/** The same for a column of a table, whose head says UTC. */
export const moment = (iso: string): string => iso.slice(0, 19).replace('T', ' ').replace('Z', '')

/** A span of time in its two largest units: `1 h 5 min`, `12 s`, `340 ms`. */
export function span(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`
  if (ms < 10_000) return `${(ms / 1000).toFixed(1)} s`
  const seconds = Math.round(ms / 1000)
  if (seconds < 60) return `${seconds} s`
  const [minutes, hours, days] = [
    Math.floor(seconds / 60),
    Math.floor(seconds / 3600),
    Math.floor(seconds / 86_400),
  ]
  if (minutes < 60) return `${minutes} min ${seconds % 60} s`
  if (hours < 48) return `${hours} h ${minutes % 60} min`
  return `${days} d ${hours % 24} h`
}

/** A number of bytes: `1.2 MB`. */
export function bytes(value: number): string {
  const power = Math.min(3, Math.floor(Math.log10(Math.max(1, value)) / 3))
  const scaled = value / 1000 ** power
  return `${power === 0 ? scaled : scaled.toFixed(1)} ${texts.units.bytes[power]}`
}
