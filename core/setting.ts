import { type Horizon, horizonEpochs, parseDuration } from './data/epoch.ts'
import { nearest } from './data/nearest.ts'
import { TributaryError } from './errors.ts'

/** Names and texts of settings, as a process is given them. */
export type Environment = Readonly<Record<string, string | undefined>>

/** Reads the text of a setting; says by `wrong` what would be right. */
export type SettingReader<T> = (text: string) => T

/** Thrown inside a reader: what would be right. */
class Wrong extends Error {}

/** Ends a reader. `right` completes "give …". */
export function wrong(right: string): never {
  throw new Wrong(right)
}

/** A whole number within bounds. */
export function integer(least: number, most: number): SettingReader<number> {
  return text => {
    const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN
    return value >= least && value <= most ? value : wrong(`a whole number from ${least} to ${most}`)
  }
}

/** One of a few words. */
export function oneOf<const T extends string>(allowed: readonly T[]): SettingReader<T> {
  return text => allowed.find(one => one === text) ?? wrong(`one of ${allowed.join(', ')}`)
}

/** Length of an epoch, ms. */
export const epochLength: SettingReader<number> = text => {
  const ms = parseDuration(text)
  if (ms !== undefined && ms <= 86_400_000) return ms
  return wrong('a duration of at most a day, such as 10s, 15m or 1h')
}

/** A span of time, ms; `any`: without bound. */
export const timeSpan: SettingReader<number> = text => {
  const ms = text === 'any' ? Infinity : parseDuration(text)
  return ms ?? wrong('a duration such as 15m, 1h or 7d, or any')
}

const LONGEST_HORIZON_MS = 366 * 86_400_000

/** How long an event id is remembered. A plain number is one of epochs, as it was before. */
export const dedupeHorizon: SettingReader<Horizon> = text => {
  const ms = parseDuration(text)
  if (ms !== undefined && ms <= LONGEST_HORIZON_MS) return { ms }
  const epochs = /^\d{1,6}$/.test(text) ? Number(text) : 0
  if (epochs > 0 && epochs <= MOST_HORIZON_EPOCHS) return { epochs }
  return wrong('a duration of at most 366d, such as 24h or 7d')
}

/** Day and night of epochs of a second: what searches and their tests reckon with. */
const MOST_HORIZON_EPOCHS = 100_000

/** @throws TributaryError `invalid_setting` where a horizon is more epochs than can be searched */
export function requireHorizon(name: string, horizon: Horizon, epochMs: number): void {
  const epochs = horizonEpochs(horizon, epochMs)
  if (epochs <= MOST_HORIZON_EPOCHS) return
  throw new TributaryError(
    'invalid_setting',
    `${name} is ${epochs} epochs of ${epochMs / 1000} s, and at most ${MOST_HORIZON_EPOCHS} are possible; give a shorter one, or longer epochs`,
  )
}

/**
 * Reads one setting. An empty value counts as not given.
 *
 * @param isSecret leaves the value out of the message
 * @throws TributaryError `invalid_setting`: one line naming the setting, the value and what would be right
 */
export function readSetting<T>(
  environment: Environment,
  name: string,
  read: SettingReader<T>,
  isSecret = false,
): T | undefined {
  const text = environment[name]?.trim()
  if (text === undefined || text === '') return undefined
  try {
    return read(text)
  } catch (cause) {
    if (!(cause instanceof Wrong)) throw cause
    const shown = isSecret ? '' : ` ${JSON.stringify(text.slice(0, 100))}`
    throw new TributaryError('invalid_setting', `${name}${shown} is not possible; give ${cause.message}`, {
      cause,
    })
  }
}

/** @throws TributaryError `invalid_setting` for a name that begins with `TRIBUTARY_` and is not known */
export function refuseUnknownSettings(environment: Environment, known: readonly string[]): void {
  for (const name of Object.keys(environment)) {
    if (!name.startsWith('TRIBUTARY_') || known.includes(name)) continue
    const near = nearest(name, known)
    const remedy =
      near === undefined
        ? `known are ${known.filter(one => one.startsWith('TRIBUTARY_')).join(', ')}`
        : `did you mean ${near}?`
    throw new TributaryError('invalid_setting', `${name} is not a setting; ${remedy}`)
  }
}
