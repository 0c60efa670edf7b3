import { TributaryError } from '../../../core/errors.ts'
import { origins } from '../../../core/origins.ts'
import {
  dedupeHorizon,
  type Environment,
  epochLength,
  integer,
  readSetting,
  refuseUnknownSettings,
  type SettingReader,
  timeSpan,
  wrong,
} from '../../../core/setting.ts'

const name: SettingReader<string> = text =>
  /^[\w.:/!-]+$/.test(text) ? text : wrong('the name of a resource')

/** `Canary10Percent30Minutes`: how long a new version works beside the one before, ms. */
const rolloutTime: SettingReader<number> = text => Number(/(\d+)Minutes?$/.exec(text)?.[1] ?? 0) * 60_000

/** What the template tells the functions. A function is given the settings it uses, and reads no others. */
const READERS = {
  /** Logical partitions. */
  TRIBUTARY_PARTITIONS: integer(1, 10_000),
  /** Length of an epoch, ms. */
  TRIBUTARY_EPOCH: epochLength,
  /** How long an event id is remembered. */
  TRIBUTARY_HORIZON: dedupeHorizon,
  /** How far an event's time may be ahead of, or behind, its receipt, ms. */
  TRIBUTARY_TIME_AHEAD: timeSpan,
  TRIBUTARY_TIME_BEHIND: timeSpan,
  /** Origins whose pages may use the HTTP API; not given: none. */
  TRIBUTARY_ORIGINS: origins,
  /** How long Firehose may hold an event before it writes it, s. */
  TRIBUTARY_DELIVERY_BUFFER: integer(0, 900),
  TRIBUTARY_STREAM: name,
  TRIBUTARY_REJECTED_STREAM: name,
  /** Bucket of the lake. */
  TRIBUTARY_LAKE: name,
  TRIBUTARY_TABLE_REAL_TIME: name,
  TRIBUTARY_TABLE_BATCH: name,
  TRIBUTARY_TABLE_MARKERS: name,
  TRIBUTARY_TABLE_CONTROL: name,
  /** Secret that holds the keys: `{"<scope>-<name>": "<secret>", …}`. */
  TRIBUTARY_KEYS_SECRET: name,
  /** ARN of the state machines up to their name: the machine `batch` is `<prefix>batch`. */
  TRIBUTARY_MACHINES: name,
  /** Hours for which the stream keeps a record. */
  TRIBUTARY_STREAM_HOURS: integer(24, 8760),
  /** Time-out of the speed function, s. */
  TRIBUTARY_SPEED_TIMEOUT: integer(1, 900),
  /** Stored bytes of raw data that one type may have in an epoch. */
  TRIBUTARY_LARGEST_EPOCH: integer(1, 1e12),
  /** Id of the event source mapping that feeds the speed layer. */
  TRIBUTARY_SPEED_MAPPING: name,
  TRIBUTARY_ROLLOUT: rolloutTime,
  /** Glue database whose tables Athena reads. */
  TRIBUTARY_CATALOG: name,
  /** Given where there is a warehouse. */
  TRIBUTARY_WAREHOUSE_WORKGROUP: name,
  TRIBUTARY_WAREHOUSE_DATABASE: name,
  /** Secret of the warehouse's administrator, who makes the others. */
  TRIBUTARY_WAREHOUSE_SECRET: name,
  /** Role of the function that loads the warehouse, and is a user there by it. */
  TRIBUTARY_WAREHOUSE_LOADER: name,
  /** Role with which the warehouse reads the lake. */
  TRIBUTARY_WAREHOUSE_ROLE: name,
  /** File of the compiled contracts, in their layer. */
  TRIBUTARY_CONTRACTS: name,
} as const

type Name = keyof typeof READERS

type Value<N extends Name> = ReturnType<(typeof READERS)[N]>

/** Gives settings, typed. */
export type AwsSettings = {
  /** @throws TributaryError `invalid_setting` where it is not given */
  need<N extends Name>(name: N): Value<N>
  /** Undefined where it is not given. */
  find<N extends Name>(name: N): Value<N> | undefined
}

/**
 * Settings of a function, read as it asks for them.
 *
 * @throws TributaryError `invalid_setting` naming the setting and what would be right
 */
export function awsSettings(environment: Environment): AwsSettings {
  refuseUnknownSettings(environment, Object.keys(READERS))
  const find = <N extends Name>(name: N) =>
    readSetting(environment, name, READERS[name] as SettingReader<Value<N>>)
  return {
    find,
    need(name) {
      const value = find(name)
      if (value !== undefined) return value
      throw new TributaryError('invalid_setting', `${name} is not set; the template gives it to the function`)
    },
  }
}
