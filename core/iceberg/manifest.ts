import { type AvroFile, type AvroSchema, eightBytes, readAvro, writeAvro } from './avro.ts'
import { entrySchema, LIST_SCHEMA } from './avro-schemas.ts'
import { EPOCH, type PartitionSpec, partitionSchema } from './partition-spec.ts'
import type { Snapshot, TableMetadata } from './table-metadata.ts'
import { currentSchema } from './table-metadata.ts'

/**
 * What a snapshot makes of a data file: one of an earlier snapshot, a new one, or one that is no longer in.
 */
export const STATUS = { existing: 0, added: 1, deleted: 2 } as const

type Pair<T> = { readonly key: number; readonly value: T }

/** A data file of a table, or one that says which rows are deleted (`content` above 0). */
export type DataFile = {
  readonly content: number
  readonly file_path: string
  readonly file_format: string
  readonly partition: Readonly<Record<string, unknown>>
  readonly record_count: bigint
  readonly file_size_in_bytes: bigint
  readonly value_counts?: readonly Pair<bigint>[] | null
  readonly null_value_counts?: readonly Pair<bigint>[] | null
  readonly lower_bounds?: readonly Pair<Buffer>[] | null
  readonly upper_bounds?: readonly Pair<Buffer>[] | null
  readonly sort_order_id?: number | null
}

export type Entry = {
  readonly status: number
  readonly snapshot_id: bigint | null
  readonly sequence_number: bigint | null
  readonly file_sequence_number: bigint | null
  readonly data_file: DataFile
}

type Summary = {
  readonly contains_null: boolean
  readonly contains_nan: boolean | null
  readonly lower_bound: Buffer | null
  readonly upper_bound: Buffer | null
}

/** A manifest, as a list names it. */
export type ManifestFile = {
  readonly manifest_path: string
  readonly manifest_length: bigint
  readonly partition_spec_id: number
  /** 0: data files; 1: files of deleted rows. */
  readonly content: number
  readonly sequence_number: bigint
  readonly min_sequence_number: bigint
  readonly added_snapshot_id: bigint
  readonly added_files_count: number
  readonly existing_files_count: number
  readonly deleted_files_count: number
  readonly added_rows_count: bigint
  readonly existing_rows_count: bigint
  readonly deleted_rows_count: bigint
  readonly partitions: readonly Summary[] | null
}

/** Entries of a manifest, and the schema of their partitions, as its writer had it. */
export type Manifest = { readonly entries: readonly Entry[]; readonly partition: AvroSchema }

/** Data files that a manifest has for readers. */
export const liveFiles = (manifest: ManifestFile): number =>
  manifest.added_files_count + manifest.existing_files_count

/**
 * Reads the entries of a manifest that are in its snapshot. What they inherit from the list is written out,
 * so that they can be written into another manifest.
 *
 * @see https://iceberg.apache.org/spec/#sequence-number-inheritance
 */
export function readManifest(bytes: Buffer, named: ManifestFile): Manifest {
  const { records, schema }: AvroFile<Entry> = readAvro(bytes)
  const entries = records
    .filter(({ status }) => status !== STATUS.deleted)
    .map(entry => ({
      ...entry,
      status: STATUS.existing,
      snapshot_id: entry.snapshot_id ?? named.added_snapshot_id,
      sequence_number: entry.sequence_number ?? named.sequence_number,
      file_sequence_number: entry.file_sequence_number ?? named.sequence_number,
    }))
  return { entries, partition: fieldType(fieldType(schema, 'data_file'), 'partition') }
}

function fieldType(record: AvroSchema, name: string): AvroSchema {
  const { fields } = record as { readonly fields: readonly { name: string; type: AvroSchema }[] }
  return fields.find(field => field.name === name)!.type
}

/** Bytes of a manifest of data files. */
export function writeManifest(
  metadata: TableMetadata,
  spec: PartitionSpec,
  { entries, partition = partitionSchema(spec) }: Partial<Manifest> & Pick<Manifest, 'entries'>,
): Buffer {
  const schema = currentSchema(metadata)
  const meta = {
    schema: JSON.stringify(schema),
    'schema-id': String(schema['schema-id']),
    'partition-spec': JSON.stringify(spec.fields),
    'partition-spec-id': String(spec['spec-id']),
    ...{ 'format-version': '2', content: 'data' },
  }
  return writeAvro(entrySchema(partition), meta, entries)
}

/** A manifest that was just written, for the list. */
export function listed(
  written: { readonly uri: string; readonly bytes: number; readonly spec: PartitionSpec },
  entries: readonly Entry[],
  { id, sequence }: { readonly id: bigint; readonly sequence: number },
): ManifestFile {
  const count = (status: number) => entries.filter(entry => entry.status === status).length
  const rows = (status: number) =>
    entries.filter(entry => entry.status === status).reduce((sum, e) => sum + e.data_file.record_count, 0n)
  const live = entries.filter(({ status }) => status !== STATUS.deleted)
  const sequences = live.map(entry => entry.sequence_number ?? BigInt(sequence))
  return {
    manifest_path: written.uri,
    manifest_length: BigInt(written.bytes),
    partition_spec_id: written.spec['spec-id'],
    content: 0,
    sequence_number: BigInt(sequence),
    min_sequence_number: [...sequences, BigInt(sequence)].sort(ascending)[0]!,
    added_snapshot_id: id,
    added_files_count: count(STATUS.added),
    existing_files_count: count(STATUS.existing),
    deleted_files_count: count(STATUS.deleted),
    added_rows_count: rows(STATUS.added),
    existing_rows_count: rows(STATUS.existing),
    deleted_rows_count: rows(STATUS.deleted),
    partitions: written.spec.fields.map(({ name }) =>
      summaryOf(entries.map(e => e.data_file.partition[name])),
    ),
  }
}

function summaryOf(values: readonly unknown[]): Summary {
  const known = values.filter(value => typeof value === 'bigint' || typeof value === 'number')
  const sorted = known.toSorted(ascending)
  const [least, most] = [sorted[0], sorted.at(-1)]
  return {
    contains_null: known.length < values.length,
    contains_nan: null,
    lower_bound: least === undefined ? null : singleValue(least),
    upper_bound: most === undefined ? null : singleValue(most),
  }
}

const ascending = (a: bigint | number, b: bigint | number) => (a < b ? -1 : a > b ? 1 : 0)
/** A long, or an int such as a date, as bounds have it. */
function singleValue(value: bigint | number): Buffer {
  if (typeof value === 'bigint') return eightBytes(value)
  const bytes = Buffer.alloc(4)
  bytes.writeInt32LE(value)
  return bytes
}

/** Some epochs (µs). */
export type EpochSet = {
  has(epoch: bigint): boolean
  /** Whether any of them is from `first` to `last`. */
  meets(first: bigint, last: bigint): boolean
}

/** Whether a manifest may have files of epochs; by its summary, which none has to have. */
export function mayHold(manifest: ManifestFile, specs: readonly PartitionSpec[], epochs: EpochSet): boolean {
  const spec = specs.find(each => each['spec-id'] === manifest.partition_spec_id)
  const at = spec?.fields.findIndex(field => field.name === EPOCH && field.transform === 'identity') ?? -1
  const summary = at < 0 ? undefined : manifest.partitions?.[at]
  const { lower_bound: lower, upper_bound: upper } = summary ?? {}
  if (lower == null || upper == null) return true
  return epochs.meets(lower.readBigInt64LE(), upper.readBigInt64LE())
}

/** These epochs (ms). */
export function theseEpochs(epochs: readonly number[]): EpochSet {
  const all = new Set(epochs.map(epoch => BigInt(epoch) * 1000n))
  return {
    has: epoch => all.has(epoch),
    meets: (first, last) => [...all].some(epoch => first <= epoch && epoch <= last),
  }
}

/** All epochs before one (ms). */
export function epochsBefore(end: number): EpochSet {
  const micros = BigInt(end) * 1000n
  return { has: epoch => epoch < micros, meets: first => first < micros }
}

/** The manifests of a snapshot. */
export function readList(bytes: Buffer): readonly ManifestFile[] {
  return readAvro<ManifestFile>(bytes).records
}

export function writeList(
  snapshot: Pick<Snapshot, 'snapshot-id' | 'parent-snapshot-id' | 'sequence-number'>,
  manifests: readonly ManifestFile[],
): Buffer {
  const meta = {
    'snapshot-id': String(snapshot['snapshot-id']),
    'parent-snapshot-id': String(snapshot['parent-snapshot-id'] ?? null),
    'sequence-number': String(snapshot['sequence-number']),
    'format-version': '2',
  }
  return writeAvro(LIST_SCHEMA, meta, manifests)
}
