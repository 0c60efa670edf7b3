import { join, resolve } from 'node:path'
import { parseDuration } from '../core/epoch.ts'
import { TributaryError } from '../core/errors.ts'
import { type Key, parseKeys } from '../core/keys.ts'
import { nearest } from './nearest.ts'

export const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const

/** Everything the environment decides about a local platform. */
export type Settings = {
  readonly port: number
  readonly host: string
  /** Absolute path of the data folder. */
  readonly data: string
  /** ms. */
  readonly epochLength: number
  readonly warehouse: {
    readonly enabled: boolean
    readonly port: number
    /** A Postgres to use in place of the embedded one. */
    readonly url: string | undefined
  }
  /** Undefined: use the development key. */
  readonly keys: readonly Key[] | undefined
  /** Absolute path of the pipeline folder. */
  readonly pipeline: string
  readonly partitions: number
  /** Epochs during which an event id is remembered. */
  readonly dedupeHorizon: number
  readonly logLevel: (typeof LOG_LEVELS)[number]
}

type Environment = Readonly<Record<string, string | undefined>>

/** Thrown inside a reader: what would be right. */
class Wrong extends Error {}

const READERS = {
  PORT: integer(0, 65_535),
  HOST: (text: string) => (/^[\w.:-]+$/.test(text) ? text : wrong('a host name or address')),
  TRIBUTARY_DATA: (text: string) => resolve(text),
  TRIBUTARY_EPOCH: (text: string) => epochLength(text),
  TRIBUTARY_WAREHOUSE_PORT: integer(1, 65_535),
  TRIBUTARY_WAREHOUSE: (text: string) => oneOf(text, ['on', 'off'] as const) === 'on',
  TRIBUTARY_WAREHOUSE_URL: (text: string) => postgresUrl(text),
  TRIBUTARY_KEYS: (text: string) => keyList(text),
  TRIBUTARY_PIPELINE: (text: string) => resolve(text),
  TRIBUTARY_PARTITIONS: integer(1, 10_000),
  TRIBUTARY_DEDUPE_HORIZON: integer(1, 10_000),
  TRIBUTARY_LOG_LEVEL: (text: string) => oneOf(text, LOG_LEVELS),
} as const

type Name = keyof typeof READERS

/** Settings whose value may hold a secret and is never shown. */
const SECRET: ReadonlySet<string> = new Set(['TRIBUTARY_KEYS', 'TRIBUTARY_WAREHOUSE_URL'])

/** Settings of the command line, which may well be in the same environment. */
const OF_THE_COMMAND_LINE = ['TRIBUTARY_URL', 'TRIBUTARY_KEY']

/**
 * Reads the settings once. An empty value counts as not given.
 *
 * @throws TributaryError `invalid_setting`: one line naming the setting, the value (never a secret) and what would be right
 */
export function readSettings(environment: Environment): Settings {
  refuseUnknown(environment)
  const read = <N extends Name>(name: N): ReturnType<(typeof READERS)[N]> | undefined =>
    readOne(environment, name)
  return Object.freeze({
    port: read('PORT') ?? 8080,
    host: read('HOST') ?? '127.0.0.1',
    data: read('TRIBUTARY_DATA') ?? resolve('.tributary'),
    epochLength: read('TRIBUTARY_EPOCH') ?? 3_600_000,
    warehouse: Object.freeze({
      enabled: read('TRIBUTARY_WAREHOUSE') ?? true,
      port: read('TRIBUTARY_WAREHOUSE_PORT') ?? 5439,
      url: read('TRIBUTARY_WAREHOUSE_URL'),
    }),
    keys: read('TRIBUTARY_KEYS'),
    pipeline: read('TRIBUTARY_PIPELINE') ?? join(import.meta.dirname, '..', 'pipeline'),
    partitions: read('TRIBUTARY_PARTITIONS') ?? 100,
    dedupeHorizon: read('TRIBUTARY_DEDUPE_HORIZON') ?? 24,
    logLevel: read('TRIBUTARY_LOG_LEVEL') ?? 'info',
  })
}

function readOne<N extends Name>(
  environment: Environment,
  name: N,
): ReturnType<(typeof READERS)[N]> | undefined {
  const text = environment[name]?.trim()
  if (text === undefined || text === '') return undefined
  try {
    return READERS[name](text) as ReturnType<(typeof READERS)[N]>
  } catch (cause) {
    if (!(cause instanceof Wrong)) throw cause
    const shown = SECRET.has(name) ? '' : ` ${JSON.stringify(text.slice(0, 100))}`
    throw new TributaryError('invalid_setting', `${name}${shown} is not possible; give ${cause.message}`, {
      cause,
    })
  }
}

function refuseUnknown(environment: Environment): void {
  const known = [...Object.keys(READERS), ...OF_THE_COMMAND_LINE]
  for (const name of Object.keys(environment)) {
    if (!name.startsWith('TRIBUTARY_') || known.includes(name)) continue
    const near = nearest(name, known)
    const remedy =
      near === undefined
        ? `known are ${known.filter(k => k.startsWith('TRIBUTARY_')).join(', ')}`
        : `did you mean ${near}?`
    throw new TributaryError('invalid_setting', `${name} is not a setting; ${remedy}`)
  }
}

function wrong(right: string): never {
  throw new Wrong(right)
}

function integer(least: number, most: number): (text: string) => number {
  return text => {
    const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN
    return value >= least && value <= most ? value : wrong(`a whole number from ${least} to ${most}`)
  }
}

function oneOf<T extends string>(text: string, allowed: readonly T[]): T {
  return allowed.find(one => one === text) ?? wrong(`one of ${allowed.join(', ')}`)
}

function epochLength(text: string): number {
  const ms = parseDuration(text)
  if (ms !== undefined && ms <= 86_400_000) return ms
  return wrong('a duration of at most a day, such as 10s, 15m or 1h')
}

function postgresUrl(text: string): string {
  const protocol = URL.canParse(text) ? new URL(text).protocol : ''
  if (protocol === 'postgres:' || protocol === 'postgresql:') return text
  return wrong('an address such as postgres://user:password@host:5432/database')
}

function keyList(text: string): readonly Key[] {
  const keys = parseKeys(text)
  if (!('problem' in keys)) return keys
  return wrong(
    `scope:secret,… with the scopes write, read or admin, such as write:abc,read:def (${keys.problem})`,
  )
}
