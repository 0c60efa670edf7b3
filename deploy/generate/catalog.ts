import type { Contract, Pipeline } from '../../core/declare/pipeline.ts'
import { CURATED_EPOCH, curatedOfType, rawOfType } from '../../core/lake/lake-paths.ts'
import { type Column, contractTable } from '../../core/lake/warehouse-table.ts'
import { pascal, type Resource, type Resources, ref, type Value } from './cloudformation.ts'
import type { Thing } from './distinct.ts'

/** Column types of Athena. Timestamps are UTC; JSON is text for `json_extract_scalar`. */
const TYPES: Readonly<Record<Exclude<Column['type'], 'decimal'>, string>> = {
  text: 'string',
  bigint: 'bigint',
  double: 'double',
  boolean: 'boolean',
  timestamp: 'timestamp',
  json: 'string',
}

type GlueColumn = { readonly Name: string; readonly Type: string; readonly Comment: string }

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

/** The raw and the curated table of each event type, the newest version's columns. */
export function catalogOf({ latest }: Pipeline): readonly Thing[] {
  const types = [...latest.keys()]
  return types.map(type => ({
    what: `event type ${type}`,
    file: tableName(type),
    resources: tablesOf(latest.get(type)!, types),
  }))
}

function tablesOf(contract: Contract, types: readonly string[]): Resources {
  const { type, title } = contract
  const name = tableName(type)
  const curated = contractTable(contract, types).columns.flatMap(glueColumn)
  return {
    [`Raw${pascal(type)}Table`]: table(
      `raw_${name}`,
      `${title}: every event received`,
      rawOfType(type),
      'epoch',
      {
        Columns: RAW_COLUMNS,
        InputFormat: 'org.apache.hadoop.mapred.TextInputFormat',
        OutputFormat: 'org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat',
        SerdeInfo: { SerializationLibrary: 'org.openx.data.jsonserde.JsonSerDe' },
      },
    ),
    // An epoch is replaced by switching its manifest, so readers never see half of it.
    [`Curated${pascal(type)}Table`]: table(
      `curated_${name}`,
      `${title}: typed and deduplicated`,
      `manifests/${curatedOfType(type)}`,
      CURATED_EPOCH,
      {
        Columns: curated,
        InputFormat: 'org.apache.hadoop.hive.ql.io.SymlinkTextInputFormat',
        OutputFormat: 'org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat',
        SerdeInfo: { SerializationLibrary: 'org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe' },
      },
    ),
  }
}

function table(
  name: string,
  description: string,
  folder: string,
  epochFolder: string,
  storage: Readonly<Record<string, Value>>,
): Resource {
  const Location = { 'Fn::Sub': `s3://\${LakeBucket}/${folder}/` }
  return {
    Type: 'AWS::Glue::Table',
    Properties: {
      CatalogId: ref('AWS::AccountId'),
      DatabaseName: ref('GlueDatabase'),
      TableInput: {
        Name: name,
        Description: description,
        TableType: 'EXTERNAL_TABLE',
        PartitionKeys: [{ Name: 'epoch', Type: 'string', Comment: 'As in paths: 20010701T000000Z' }],
        StorageDescriptor: { ...storage, Location },
        // Partitions follow from the epoch length: none has to be added, and none is looked up.
        Parameters: {
          'projection.enabled': 'true',
          'projection.epoch.type': 'date',
          'projection.epoch.format': "yyyyMMdd'T'HHmmss'Z'",
          'projection.epoch.range': '20260101T000000Z,NOW',
          'projection.epoch.interval': { 'Fn::FindInMap': ['Epochs', ref('Epoch'), 'Interval'] },
          'projection.epoch.interval.unit': { 'Fn::FindInMap': ['Epochs', ref('Epoch'), 'Unit'] },
          'storage.location.template': {
            'Fn::Sub': `s3://\${LakeBucket}/${folder}/${epochFolder}=\${!epoch}`,
          },
        },
      },
    },
  }
}

/** `epoch` is the partition; the helper columns of curated data are the platform's own. */
function glueColumn({ name, type, scale, description }: Column): readonly GlueColumn[] {
  if (name === 'epoch') return []
  return [
    { Name: name, Type: type === 'decimal' ? `decimal(18,${scale})` : TYPES[type], Comment: description },
  ]
}

function tableName(type: string): string {
  return type.toLowerCase().replaceAll(/[^a-z0-9]/g, '_')
}
