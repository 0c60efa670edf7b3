import type { AvroSchema } from './avro.ts'
import type { IcebergField } from './table-schema.ts'

export type PartitionField = {
  readonly 'source-id': number
  readonly 'field-id': number
  readonly name: string
  readonly transform: string
}

export type PartitionSpec = { readonly 'spec-id': number; readonly fields: readonly PartitionField[] }

/** Data files of an epoch; a file has events of several days. */
export const BY_EPOCH = 0
/** Data files of an epoch whose events are all of one day of event time. */
export const BY_EPOCH_AND_DAY = 1

/** The highest id of a partition field of ours. */
export const LAST_PARTITION_ID = 1001

/** Name of the partition field that says which epoch a data file is of. */
export const EPOCH = 'epoch'
const DAY = 'event_time_day'

/**
 * The specs of a table. A data file has one value for each field of its spec, and an epoch may have events of
 * any day: those files that have one day say which, so that a reader of one day opens few manifests.
 */
export function specsOf(fields: readonly IcebergField[], dayOf?: string): readonly PartitionSpec[] {
  const idOf = (name: string) => fields.find(field => field.name === name)!.id
  const epoch = { 'source-id': idOf(EPOCH), 'field-id': 1000, name: EPOCH, transform: 'identity' }
  if (dayOf === undefined) return [{ 'spec-id': BY_EPOCH, fields: [epoch] }]
  const day = { 'source-id': idOf(dayOf), 'field-id': 1001, name: DAY, transform: 'day' }
  return [
    { 'spec-id': BY_EPOCH, fields: [epoch] },
    { 'spec-id': BY_EPOCH_AND_DAY, fields: [epoch, day] },
  ]
}

const DAY_MS = 86_400_000

/** The spec that rows of these event times (ms) go by, and their partition. */
export function partitionOf(
  epoch: number,
  times: { readonly from: number; readonly to: number } | undefined,
): { readonly spec: number; readonly partition: Readonly<Record<string, bigint | number>> } {
  const micros = BigInt(epoch) * 1000n
  const day = times === undefined ? undefined : Math.floor(times.from / DAY_MS)
  if (day === undefined || day !== Math.floor(times!.to / DAY_MS))
    return { spec: BY_EPOCH, partition: { [EPOCH]: micros } }
  return { spec: BY_EPOCH_AND_DAY, partition: { [EPOCH]: micros, [DAY]: day } }
}

const INSTANT = { type: 'long', logicalType: 'timestamp-micros', 'adjust-to-utc': true }
const AVRO_TYPE = { identity: INSTANT, day: { type: 'int', logicalType: 'date' } } as const

/** Avro record of the partition values of one of `specsOf`. */
export function partitionSchema({ fields }: PartitionSpec): AvroSchema {
  return {
    type: 'record',
    name: 'r102',
    fields: fields.map(({ name, transform, 'field-id': id }) => ({
      ...{ name, type: ['null', AVRO_TYPE[transform as keyof typeof AVRO_TYPE]], default: null },
      'field-id': id,
    })),
  }
}
