import { TributaryError } from '../core/errors.ts'
import {
  type Environment,
  epochLength,
  integer,
  oneOf,
  readSetting,
  refuseUnknownSettings,
  type SettingReader,
  wrong,
} from '../core/setting.ts'

const name: SettingReader<string> = text =>
  /^[\w.:/-]+$/.test(text) ? text : wrong('the name of a resource')

/** What the template tells the functions. A function is given the settings it uses, and reads no others. */
const READERS = {
  /** Logical partitions. */
  TRIBUTARY_PARTITIONS: integer(1, 10_000),
  /** Length of an epoch, ms. */
  TRIBUTARY_EPOCH: epochLength,
  /** Epochs during which an event id is remembered. */
  TRIBUTARY_HORIZON: integer(1, 10_000),
  /** How long Firehose may hold an event before it writes it, s. */
  TRIBUTARY_DELIVERY_SECONDS: integer(0, 900),
  TRIBUTARY_STREAM: name,
  TRIBUTARY_REJECTED_STREAM: name,
  /** Bucket of the lake. */
  TRIBUTARY_LAKE: name,
  TRIBUTARY_TABLE_REAL_TIME: name,
  TRIBUTARY_TABLE_BATCH: name,
  TRIBUTARY_TABLE_MARKERS: name,
  TRIBUTARY_TABLE_CONTROL: name,
  /** Secret that holds the keys: `{"<name>": "<scope>:<secret>", …}`. */
  TRIBUTARY_KEYS_SECRET: name,
  /** ARN of the state machines up to their name: the machine `batch` is `<prefix>batch`. */
  TRIBUTARY_MACHINES: name,
  /** Id of the event source mapping that feeds the speed layer. */
  TRIBUTARY_SPEED_MAPPING: name,
  TRIBUTARY_WAREHOUSE: (text: string) => oneOf(['on', 'off'])(text) === 'on',
  TRIBUTARY_WAREHOUSE_WORKGROUP: name,
  TRIBUTARY_WAREHOUSE_DATABASE: name,
  /** Role with which the warehouse reads the lake. */
  TRIBUTARY_WAREHOUSE_ROLE: name,
  /** File of the compiled contracts, in their layer. */
  TRIBUTARY_CONTRACTS: name,
} as const

type Name = keyof typeof READERS

/** Gives a setting, typed. */
export type AwsSettings = <N extends Name>(name: N) => ReturnType<(typeof READERS)[N]>

/**
 * Settings of a function. What it asks for must be there.
 *
 * @throws TributaryError `invalid_setting` naming the setting and what would be right
 */
export function awsSettings(environment: Environment): AwsSettings {
  refuseUnknownSettings(environment, Object.keys(READERS))
  return <N extends Name>(name: N) => {
    const read = READERS[name] as SettingReader<ReturnType<(typeof READERS)[N]>>
    const value = readSetting(environment, name, read)
    if (value === undefined)
      throw new TributaryError('invalid_setting', `${name} is not set; the template gives it to the function`)
    return value
  }
}
