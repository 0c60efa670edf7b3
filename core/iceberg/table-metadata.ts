import { TributaryError } from '../errors.ts'
import { formatMetadata, parseMetadata } from './metadata-json.ts'
import type { PartitionSpec } from './partition-spec.ts'
import { LAST_PARTITION_ID } from './partition-spec.ts'
import type { IcebergField } from './table-schema.ts'

export type Snapshot = {
  readonly 'snapshot-id': bigint
  readonly 'parent-snapshot-id'?: bigint
  readonly 'sequence-number': number
  readonly 'timestamp-ms': number
  readonly 'manifest-list': string
  readonly summary: Readonly<Record<string, string>>
  readonly 'schema-id'?: number
}

export type TableSchema = {
  readonly type: 'struct'
  readonly 'schema-id': number
  readonly fields: readonly IcebergField[]
}

/**
 * Metadata of an Iceberg table, format version 2, as its JSON has it. What another engine has written into it
 * is kept.
 *
 * @see https://iceberg.apache.org/spec/#table-metadata
 */
export type TableMetadata = {
  readonly 'format-version': number
  readonly 'table-uuid': string
  readonly location: string
  readonly 'last-sequence-number': number
  readonly 'last-updated-ms': number
  readonly 'last-column-id': number
  readonly 'current-schema-id': number
  readonly schemas: readonly TableSchema[]
  readonly 'default-spec-id': number
  readonly 'partition-specs': readonly PartitionSpec[]
  readonly properties: Readonly<Record<string, string>>
  readonly 'current-snapshot-id'?: bigint | null
  readonly snapshots?: readonly Snapshot[]
  readonly 'snapshot-log'?: readonly LogEntry[]
  readonly 'metadata-log'?: readonly MetadataLogEntry[]
}

type LogEntry = { readonly 'timestamp-ms': number; readonly 'snapshot-id': bigint }
type MetadataLogEntry = { readonly 'timestamp-ms': number; readonly 'metadata-file': string }

/** @throws TributaryError `corrupt_data` of a format that is not written here */
export function readTable(bytes: Uint8Array, location: string): TableMetadata {
  const metadata = parseMetadata(Buffer.from(bytes).toString()) as TableMetadata
  const version = metadata['format-version']
  if (version === 2) return metadata
  throw new TributaryError(
    'corrupt_data',
    `${location} is of format version ${version}, and 2 is written here: drop the table, and it is made anew`,
  )
}

export const writeTable = (metadata: TableMetadata): Buffer => Buffer.from(formatMetadata(metadata))

/** A table without rows. */
export function newTable(table: {
  readonly uuid: string
  readonly location: string
  readonly fields: readonly IcebergField[]
  readonly lastId: number
  readonly specs: readonly PartitionSpec[]
  readonly properties: Readonly<Record<string, string>>
  readonly now: number
}): TableMetadata {
  const { fields, specs, properties } = table
  return {
    'format-version': 2,
    'table-uuid': table.uuid,
    location: table.location,
    'last-sequence-number': 0,
    'last-updated-ms': table.now,
    'last-column-id': table.lastId,
    'current-schema-id': 0,
    schemas: [{ type: 'struct', 'schema-id': 0, fields }],
    'default-spec-id': specs.at(-1)!['spec-id'],
    'partition-specs': specs,
    ...{ 'last-partition-id': LAST_PARTITION_ID, 'default-sort-order-id': 0 },
    ...{ 'sort-orders': [{ 'order-id': 0, fields: [] }], properties, refs: {} },
    ...{ snapshots: [], 'snapshot-log': [], 'metadata-log': [] },
  }
}

export const currentSchema = (metadata: TableMetadata): TableSchema =>
  metadata.schemas.find(schema => schema['schema-id'] === metadata['current-schema-id'])!

/** The snapshot that readers see; undefined of a table without one. */
export function currentSnapshot(metadata: TableMetadata): Snapshot | undefined {
  const id = metadata['current-snapshot-id']
  return metadata.snapshots?.find(snapshot => snapshot['snapshot-id'] === id)
}

/** The columns of a table, by another schema where they differ from the current one. */
export function withFields(
  metadata: TableMetadata,
  fields: readonly IcebergField[],
  lastId: number,
): TableMetadata {
  const last = { ...metadata, 'last-column-id': Math.max(lastId, metadata['last-column-id']) }
  if (formatMetadata(fields) === formatMetadata(currentSchema(metadata).fields)) return last
  const id = Math.max(...metadata.schemas.map(schema => schema['schema-id'])) + 1
  const schemas = [...metadata.schemas, { type: 'struct', 'schema-id': id, fields } as const]
  return { ...last, schemas, 'current-schema-id': id }
}

/** The same table one snapshot on: readers see it from now on. */
export function withSnapshot(metadata: TableMetadata, snapshot: Snapshot): TableMetadata {
  const { 'snapshot-id': id, 'timestamp-ms': at } = snapshot
  return {
    ...metadata,
    'last-sequence-number': snapshot['sequence-number'],
    'last-updated-ms': at,
    'current-snapshot-id': id,
    snapshots: [...(metadata.snapshots ?? []), snapshot],
    'snapshot-log': [...(metadata['snapshot-log'] ?? []), { 'timestamp-ms': at, 'snapshot-id': id }],
    ...{ refs: { ...refsOf(metadata), main: { 'snapshot-id': id, type: 'branch' } } },
  }
}

const refsOf = (metadata: TableMetadata) => (metadata as { readonly refs?: object }).refs ?? {}

/** So many earlier files of metadata are kept for readers that are at work. */
const MOST_VERSIONS = 100

/** Notes where the metadata was before; also answers which of the files before is kept no longer. */
export function withPrevious(
  metadata: TableMetadata,
  previous: { readonly location: string; readonly at: number },
): { readonly metadata: TableMetadata; readonly dropped: readonly string[] } {
  const entry = { 'timestamp-ms': previous.at, 'metadata-file': previous.location }
  const log = [...(metadata['metadata-log'] ?? []), entry]
  const dropped = log.slice(0, -MOST_VERSIONS).map(each => each['metadata-file'])
  return { metadata: { ...metadata, 'metadata-log': log.slice(-MOST_VERSIONS) }, dropped }
}

/** Number and name of the file that follows another, as Iceberg's own writers name them. */
export function metadataName(previous: string | undefined, uuid: string): string {
  const number = previous === undefined ? -1 : Number(/\/(\d+)-[^/]*$/.exec(previous)?.[1] ?? -1)
  return `${String(number + 1).padStart(5, '0')}-${uuid}.metadata.json`
}
