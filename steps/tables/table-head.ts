import { TributaryError } from '../../core/errors.ts'
import { IDENTITY, SOURCE, SUCCESSOR } from '../../core/iceberg/changed-by-others.ts'
import { DEFAULT_AGE_MS, MAX_AGE } from '../../core/iceberg/expiry.ts'
import { specsOf } from '../../core/iceberg/partition-spec.ts'
import {
  currentSchema,
  newTable,
  readTable,
  type TableMetadata,
  withFields,
} from '../../core/iceberg/table-metadata.ts'
import { evolved, nameMapping } from '../../core/iceberg/table-schema.ts'
import type { OpenTable } from '../../core/lake/open-table.ts'
import type { TableCatalog } from '../../core/ports/table-catalog.ts'
import type { TableFiles } from '../../core/ports/table-files.ts'

export type TablePorts = {
  readonly catalog: TableCatalog
  readonly files: TableFiles
  /** ms since 1970. */
  readonly now: () => number
  readonly newUuid: () => string
}

/**
 * A table as readers see it: where its metadata is, undefined where there is no such table, and what it
 * says.
 */
export type Head = {
  readonly location: string | undefined
  /** Undefined also of a table that is made anew: what it says leads nowhere any more. */
  readonly metadata: TableMetadata | undefined
}

/**
 * Reads what the catalog has of a table. One whose data folder has moved, or has lost its metadata, is made
 * anew: everything in it is made of the lake. So is one whose rows mean something else now.
 *
 * @throws TributaryError `conflict` where a table of that name is somebody else's
 */
export async function readHead({ catalog, files }: TablePorts, table: OpenTable): Promise<Head> {
  const location = await catalog.location(table)
  if (location === undefined) return { location, metadata: undefined }
  const folder = files.folder(table.namespace, table.table)
  const bytes = await files.read(location).catch((error: unknown) => {
    if (error instanceof TributaryError && error.code === 'not_found') return undefined
    throw error
  })
  if (bytes === undefined) return { location, metadata: undefined }
  const metadata = readTable(bytes, location)
  if (metadata.properties[SOURCE] !== table.source) throw notOurs(table, metadata.properties[SOURCE])
  const isSame = metadata.location === folder && metadata.properties[IDENTITY] === table.identity
  return { location, metadata: isSame ? metadata : undefined }
}

function notOurs({ namespace, table, source }: OpenTable, found: string | undefined): TributaryError {
  return new TributaryError(
    'conflict',
    `tables: ${namespace}.${table} is ${found === undefined ? "not this platform's" : `that of ${found}`}, and ${source} ` +
      'wants the name: rename it (ALTER TABLE … RENAME TO …), or drop it',
  )
}

const MAPPING = 'schema.name-mapping.default'

/**
 * The table with the columns that are declared now, and with what data files have besides.
 *
 * @throws TributaryError `conflict` where a column has become another type
 */
export function declaredNow(
  { files, now, newUuid }: TablePorts,
  table: OpenTable,
  before: TableMetadata | undefined,
  ofFiles: Iterable<string>,
): TableMetadata {
  const columns = evolvedFrom(before, table)
  if (columns.retyped.length > 0) throw retyped(table, columns.retyped)
  const mapped = nameMapping(before?.properties[MAPPING], columns, ofFiles)
  // A table that can stay needs none that follows it.
  const { [SUCCESSOR]: _, ...others } = before?.properties ?? {}
  const properties = { ...others, [MAPPING]: mapped.mapping }
  if (before !== undefined) return { ...withFields(before, columns.fields, mapped.lastId), properties }
  return newTable({
    ...{ uuid: newUuid(), location: files.folder(table.namespace, table.table), now: now() },
    ...{ fields: columns.fields, lastId: mapped.lastId, specs: specsOf(columns.fields, table.dayOf) },
    properties: {
      ...{ ...DEFAULTS, ...properties, [SOURCE]: table.source },
      ...(table.identity !== undefined && { [IDENTITY]: table.identity }),
    },
  })
}

function evolvedFrom(before: TableMetadata | undefined, table: OpenTable) {
  const was = {
    fields: before === undefined ? [] : currentSchema(before).fields,
    lastId: before?.['last-column-id'] ?? 0,
  }
  return evolved(was, table.columns, before?.properties[MAPPING])
}

/** Columns that are declared as another type now, which data files of before cannot be read with. */
export const retypedColumns = (table: OpenTable, before: TableMetadata): readonly string[] =>
  evolvedFrom(before, table).retyped

/** For other engines that write to the table. */
const DEFAULTS = {
  [MAX_AGE]: String(DEFAULT_AGE_MS),
  'write.format.default': 'parquet',
  'write.parquet.compression-codec': 'zstd',
  'write.metadata.delete-after-commit.enabled': 'true',
  'write.metadata.previous-versions-max': '100',
} as const

function retyped({ namespace, table }: OpenTable, columns: readonly string[]): TributaryError {
  return new TributaryError(
    'conflict',
    `tables: ${columns.join(', ')} of ${namespace}.${table} became another type, which Iceberg reads no files of ` +
      'before as: a table that follows it is filled by the next run',
  )
}
