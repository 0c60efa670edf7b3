import { existsSync, readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join, resolve } from 'node:path'
import { type Key, readKeys } from '../core/access/read-keys.ts'
import { DEFAULT_HORIZON, type Horizon } from '../core/data/epoch.ts'
import { TributaryError, toTributaryError } from '../core/errors.ts'
import { DEFAULT_TIME_BOUNDS, type TimeBounds } from '../core/event/event-times.ts'
import { type Origins, origins } from '../core/origins.ts'
import {
  dedupeHorizon,
  type Environment,
  epochLength,
  integer,
  oneOf,
  readSetting,
  refuseUnknownSettings,
  requireHorizon,
  type SettingReader,
  timeSpan,
  wrong,
} from '../core/setting.ts'
import { MAX_BODY } from '../functions/middleware/body.ts'

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
    /** Schema of the tables. */
    readonly schema: string
  }
  /** What computes epochs of batches. */
  readonly compute: {
    /** Stored bytes of raw data of a type's epoch that the engine in the process takes on. */
    readonly largestEpoch: number | undefined
    /** Master's URL of the Spark that computes larger ones. */
    readonly spark: string | undefined
  }
  /** Undefined: use the development key. */
  readonly keys: readonly Key[] | undefined
  /** Whose pages may use the HTTP API. */
  readonly origins: Origins
  /** Absolute path of the pipeline folder. */
  readonly pipeline: string
  readonly partitions: number
  /** Stream workers: partition p is read by worker p mod `lanes`. */
  readonly lanes: number
  /** How long an event id is remembered. */
  readonly dedupeHorizon: Horizon
  /** Which event times are taken. */
  readonly timeBounds: TimeBounds
  /** Longest body of a request as it is sent, bytes. */
  readonly longestBody: number
  /** Most readers of answers that are kept up, at one time. */
  readonly listeners: number
  readonly logLevel: (typeof LOG_LEVELS)[number]
}

/** More stream workers than that would wait for what they share: the log's writer, and claims. */
const MAX_LANES = 8

/** One core is for the thread that takes events in. */
function defaultLanes(): number {
  return Math.min(MAX_LANES, Math.max(1, availableParallelism() - 1))
}

const READERS = {
  PORT: integer(0, 65_535),
  HOST: (text: string) => (/^[\w.:-]+$/.test(text) ? text : wrong('a host name or address')),
  TRIBUTARY_DATA: (text: string) => resolve(text),
  TRIBUTARY_EPOCH: epochLength,
  TRIBUTARY_WAREHOUSE_PORT: integer(1, 65_535),
  TRIBUTARY_WAREHOUSE: (text: string) => oneOf(['on', 'off'])(text) === 'on',
  TRIBUTARY_WAREHOUSE_URL: (text: string) => postgresUrl(text),
  TRIBUTARY_WAREHOUSE_SCHEMA: (text: string) => schemaName(text),
  TRIBUTARY_LARGEST_EPOCH: integer(1, 1e12),
  TRIBUTARY_SPARK: sparkMaster,
  TRIBUTARY_KEYS: (text: string) => keyList(text),
  TRIBUTARY_KEYS_FILE: (path: string) => keyFile(resolve(path)),
  TRIBUTARY_ORIGINS: origins,
  TRIBUTARY_PIPELINE: (text: string) => resolve(text),
  TRIBUTARY_PARTITIONS: integer(1, 10_000),
  TRIBUTARY_LANES: integer(1, MAX_LANES),
  TRIBUTARY_DEDUPE_HORIZON: dedupeHorizon,
  TRIBUTARY_TIME_AHEAD: timeSpan,
  TRIBUTARY_TIME_BEHIND: timeSpan,
  TRIBUTARY_LONGEST_BODY: integer(65_536, MAX_BODY),
  TRIBUTARY_LISTENERS: integer(0, 5000),
  TRIBUTARY_LOG_LEVEL: oneOf(LOG_LEVELS),
} as const

/** Twice as many as the most lanes. More would only cut each request into more records (decision 0034). */
export const DEFAULT_PARTITIONS = 2 * MAX_LANES

type Name = keyof typeof READERS

/** Settings whose value may hold a secret and is never shown. */
const SECRET: ReadonlySet<string> = new Set(['TRIBUTARY_KEYS', 'TRIBUTARY_WAREHOUSE_URL'])

/** Settings of the command line, which may well be in the same environment. */
const OF_THE_COMMAND_LINE = ['TRIBUTARY_URL', 'TRIBUTARY_KEY']

/**
 * Reads the settings once. An empty value counts as not given.
 *
 * @throws TributaryError `invalid_setting`: one line naming the setting, the value (never a secret) and what
 * would be right
 */
export function readSettings(environment: Environment): Settings {
  refuseUnknownSettings(environment, [...Object.keys(READERS), ...OF_THE_COMMAND_LINE])
  const read = <N extends Name>(name: N): ReturnType<(typeof READERS)[N]> | undefined =>
    readSetting(
      environment,
      name,
      READERS[name] as SettingReader<ReturnType<(typeof READERS)[N]>>,
      SECRET.has(name),
    )
  const epochMs = read('TRIBUTARY_EPOCH') ?? 3_600_000
  const partitions = read('TRIBUTARY_PARTITIONS') ?? DEFAULT_PARTITIONS
  const lanes = read('TRIBUTARY_LANES') ?? Math.min(defaultLanes(), partitions)
  requirePartitions(partitions, lanes)
  const horizon = read('TRIBUTARY_DEDUPE_HORIZON') ?? DEFAULT_HORIZON
  const keys = oneOfTwo(read('TRIBUTARY_KEYS'), read('TRIBUTARY_KEYS_FILE'))
  const pages = read('TRIBUTARY_ORIGINS') ?? []
  requireOrigins(keys, pages)
  requireHorizon('TRIBUTARY_DEDUPE_HORIZON', horizon, epochMs)
  return Object.freeze({
    port: read('PORT') ?? 8080,
    host: read('HOST') ?? '127.0.0.1',
    data: read('TRIBUTARY_DATA') ?? resolve('.tributary'),
    epochLength: epochMs,
    warehouse: Object.freeze({
      enabled: read('TRIBUTARY_WAREHOUSE') ?? true,
      port: read('TRIBUTARY_WAREHOUSE_PORT') ?? 5439,
      url: read('TRIBUTARY_WAREHOUSE_URL'),
      // A database of somebody else's may hold anything in `public`; the one of this machine holds our own.
      schema:
        read('TRIBUTARY_WAREHOUSE_SCHEMA') ??
        (read('TRIBUTARY_WAREHOUSE_URL') === undefined ? 'public' : 'tributary'),
    }),
    compute: Object.freeze({
      largestEpoch: read('TRIBUTARY_LARGEST_EPOCH'),
      spark: read('TRIBUTARY_SPARK'),
    }),
    keys,
    origins: pages,
    pipeline: read('TRIBUTARY_PIPELINE') ?? usualPipeline(),
    partitions,
    lanes,
    dedupeHorizon: horizon,
    timeBounds: Object.freeze({
      ahead: read('TRIBUTARY_TIME_AHEAD') ?? DEFAULT_TIME_BOUNDS.ahead,
      behind: read('TRIBUTARY_TIME_BEHIND') ?? DEFAULT_TIME_BOUNDS.behind,
    }),
    longestBody: read('TRIBUTARY_LONGEST_BODY') ?? MAX_BODY,
    listeners: read('TRIBUTARY_LISTENERS') ?? 1000,
    logLevel: read('TRIBUTARY_LOG_LEVEL') ?? 'info',
  })
}

/** Of a checkout its own folder; of an installed package that of the project which it is started in. */
function usualPipeline(): string {
  const ours = join(import.meta.dirname, '..', 'pipeline')
  return existsSync(ours) ? ours : resolve('pipeline')
}

/** A lane without a partition would be a thread that has nothing to do. */
function requirePartitions(partitions: number, lanes: number): void {
  if (partitions >= lanes) return
  throw new TributaryError(
    'invalid_setting',
    `TRIBUTARY_PARTITIONS "${partitions}" are fewer than the ${lanes} of TRIBUTARY_LANES; give at least as many partitions as lanes`,
  )
}

/** A browser's key would be refused to every browser. */
function requireOrigins(keys: readonly Key[] | undefined, origins: Origins): void {
  if (origins.length > 0 || !keys?.some(({ access }) => access.isBrowser)) return
  throw new TributaryError(
    'invalid_setting',
    'the keys have one of a browser, and TRIBUTARY_ORIGINS no origin; give the origins of the pages that use it, such as https://shop.example, or *',
  )
}

function postgresUrl(text: string): string {
  const protocol = URL.canParse(text) ? new URL(text).protocol : ''
  if (protocol === 'postgres:' || protocol === 'postgresql:') return text
  return wrong('an address such as postgres://user:password@host:5432/database')
}

function sparkMaster(text: string): string {
  if (/^(?:local(?:\[[\d*,]+\])?|yarn|(?:spark|k8s):\/\/\S+)$/.test(text)) return text
  return wrong("a master's URL of Spark, such as local[2], spark://host:7077 or k8s://https://host:6443")
}

function schemaName(text: string): string {
  const isReserved = text.startsWith('pg_') || text === 'information_schema'
  if (!isReserved && /^[A-Za-z_][A-Za-z0-9_-]{0,62}$/.test(text)) return text
  return wrong("the name of a schema: letters, digits, _ and -, at most 63, and none of PostgreSQL's own")
}

/** Which of two lists holds would be a guess, and both together nobody could revoke in one place. */
function oneOfTwo(text: readonly Key[] | undefined, file: readonly Key[] | undefined) {
  if (text !== undefined && file !== undefined)
    throw new TributaryError(
      'invalid_setting',
      'TRIBUTARY_KEYS and TRIBUTARY_KEYS_FILE are both set; give the keys in one of them',
    )
  return text ?? file
}

function keyList(text: string): readonly Key[] {
  return keysOf(
    text,
    'scope:secret,… with the scopes write, read, admin or browser, such as write:abc,read:def, or a JSON object of keys',
  )
}

function keyFile(path: string): readonly Key[] {
  return keysOf(readText(path), 'a file that holds a JSON object of keys')
}

function keysOf(text: string, right: string): readonly Key[] {
  try {
    return readKeys(text)
  } catch (error) {
    return wrong(`${right} (${toTributaryError(error).message})`)
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return wrong('the path of a file that this account may read')
  }
}
