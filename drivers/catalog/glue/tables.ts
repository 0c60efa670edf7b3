import type { Contract, Pipeline } from '../../../core/declare/pipeline.ts'
import { CURATED_EPOCH, curatedOfType, rawOfType } from '../../../core/lake/lake-paths.ts'
import { type Column, contractTable } from '../../../core/lake/warehouse-table.ts'
import { catalogName } from './names.ts'

/** A table as Glue takes it (`TableInput`). */
export type GlueTable = {
  readonly Name: string
  readonly Parameters: Readonly<Record<string, string>>
  readonly [property: string]: unknown
}

/** Where tables are of, and how long their epochs are. */
export type CatalogPlace = {
  /** Bucket of the lake. */
  readonly lake: string
  /** Ms: whole minutes up to an hour, then whole hours, then a day. */
  readonly epochLength: number
}

type GlueColumn = { readonly Name: string; readonly Type: string; readonly Comment: string }

/** Column types of Athena. Timestamps are UTC; JSON is text for `json_extract_scalar`. */
const TYPES: Readonly<Record<Exclude<Column['type'], 'decimal'>, string>> = {
  text: 'string',
  bigint: 'bigint',
  double: 'double',
  boolean: 'boolean',
  timestamp: 'timestamp',
  json: 'string',
}

/**
 * A raw line: the receipt's fields and the event as it was sent. `data` stays text, so no change of a
 * contract makes it unreadable.
 */
const RAW_COLUMNS: readonly GlueColumn[] = [
  ['tbreceipt', 'string', 'Receipt id'],
  ['tbepoch', 'bigint', 'Epoch, ms since 1970'],
  ['tbtime', 'bigint', 'Event time, ms since 1970'],
  ['tbpartition', 'int', 'Partition of the stream'],
  ['specversion', 'string', 'CloudEvents version'],
  ['id', 'string', 'CloudEvents id'],
  ['source', 'string', 'CloudEvents source'],
  ['type', 'string', 'CloudEvents type'],
  ['time', 'string', 'CloudEvents time, as sent'],
  ['subject', 'string', 'CloudEvents subject'],
  ['data', 'string', 'JSON text of the data'],
].map(([Name, Type, Comment]) => ({ Name: Name!, Type: Type!, Comment: Comment! }))

const RAW_FORMAT = {
  InputFormat: 'org.apache.hadoop.mapred.TextInputFormat',
  OutputFormat: 'org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat',
  SerdeInfo: { SerializationLibrary: 'org.openx.data.jsonserde.JsonSerDe' },
}
/** An epoch is replaced by switching its manifest, so readers never see half of it. */
const CURATED_FORMAT = {
  InputFormat: 'org.apache.hadoop.hive.ql.io.SymlinkTextInputFormat',
  OutputFormat: 'org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat',
  SerdeInfo: { SerializationLibrary: 'org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe' },
}

/** The raw and the curated table of each event type, the newest version's columns. */
export function catalogTables(
  { latest }: Pick<Pipeline, 'latest'>,
  place: CatalogPlace,
): readonly GlueTable[] {
  const types = [...latest.keys()]
  return types.flatMap(type => tablesOf(latest.get(type)!, types, place))
}

function tablesOf(contract: Contract, types: readonly string[], place: CatalogPlace): readonly GlueTable[] {
  const { type, title } = contract
  const curated = contractTable(contract, types).columns.flatMap(glueColumn)
  return [
    table(`raw_${catalogName(type)}`, `${title}: every event received`, place, {
      ...{ folder: rawOfType(type), epoch: 'epoch' },
      storage: { Columns: RAW_COLUMNS, ...RAW_FORMAT },
    }),
    table(`curated_${catalogName(type)}`, `${title}: typed and deduplicated`, place, {
      ...{ folder: `manifests/${curatedOfType(type)}`, epoch: CURATED_EPOCH },
      storage: { Columns: curated, ...CURATED_FORMAT },
    }),
  ]
}

type Stored = { readonly folder: string; readonly epoch: string; readonly storage: object }

function table(
  Name: string,
  Description: string,
  { lake, epochLength }: CatalogPlace,
  { folder, epoch, storage }: Stored,
): GlueTable {
  const Location = `s3://${lake}/${folder}/`
  return {
    Name,
    Description,
    TableType: 'EXTERNAL_TABLE',
    PartitionKeys: [{ Name: 'epoch', Type: 'string', Comment: 'As in paths: 20010701T000000Z' }],
    StorageDescriptor: { ...storage, Location },
    // Partitions follow from the epoch length: none has to be added, and none is looked up.
    Parameters: {
      'projection.enabled': 'true',
      'projection.epoch.type': 'date',
      'projection.epoch.format': "yyyyMMdd'T'HHmmss'Z'",
      'projection.epoch.range': '20260101T000000Z,NOW',
      ...steps(epochLength),
      'storage.location.template': `${Location}${epoch}=\${epoch}`,
    },
  }
}

const MINUTE = 60_000

/** How far apart epochs are, in the largest unit of Athena that they are whole in. */
function steps(epochLength: number): Readonly<Record<string, string>> {
  const units = [
    ['DAYS', 1440 * MINUTE],
    ['HOURS', 60 * MINUTE],
    ['MINUTES', MINUTE],
  ] as const
  const [unit, ms] = units.find(([, length]) => epochLength % length === 0) ?? units[2]
  return {
    'projection.epoch.interval': String(Math.max(1, Math.round(epochLength / ms))),
    'projection.epoch.interval.unit': unit,
  }
}

/** `epoch` is the partition; the helper columns of curated data are the platform's own. */
function glueColumn({ name, type, scale, description }: Column): readonly GlueColumn[] {
  if (name === 'epoch') return []
  return [
    { Name: name, Type: type === 'decimal' ? `decimal(18,${scale})` : TYPES[type], Comment: description },
  ]
}
