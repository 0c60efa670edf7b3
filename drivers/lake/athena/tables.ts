import { hash } from 'node:crypto'
import { TributaryError } from '../../../core/errors.ts'
import { folderOfPart, type Relation } from '../../../core/lake/relation.ts'
import type { Query } from '../../../core/sql/query.ts'
import type { FolderTable, TableFormat } from '../../../core/sql/trino/lake.ts'
import { LINE } from '../../../core/sql/trino/raw.ts'

/** A column of Parquet, under DuckDB's name of its type. */
export type StoredColumn = { readonly name: string; readonly type: string }

/** A folder of the lake that statements read as a table. */
export type ReadFolder = {
  readonly table: string
  readonly folder: string
  readonly format: TableFormat
  /** What of the folder is read. */
  readonly relation: Relation
}

/**
 * Names of an engine's tables: no two engines share one, as each drops what it has made. Athena's names take
 * small letters, digits and underscores.
 */
export function tableNames(engine: string): FolderTable {
  return (folder, format) => `tributary_${engine}_${format}_${hash('sha256', folder, 'hex').slice(0, 24)}`
}

/** The folders that statements read, each once. */
export function foldersRead(statements: readonly Query[], table: FolderTable): readonly ReadFolder[] {
  const found = new Map<string, ReadFolder>()
  for (const relation of new Set(statements.flatMap(({ reads }) => reads))) {
    const format = relation.kind === 'raw' ? 'text' : 'parquet'
    for (const [folder, parts] of Map.groupBy(relation.parts, folderOfPart)) {
      const name = table(folder, format)
      const known = found.get(name)?.relation.parts ?? []
      const all = { ...relation, parts: [...new Set([...known, ...parts])] }
      found.set(name, { table: name, folder, format, relation: all })
    }
  }
  return [...found.values()]
}

/** Statement that makes the table of a folder; its objects stay as they are. */
export function createTable(
  { table, format }: Pick<ReadFolder, 'table' | 'format'>,
  location: string,
  columns: readonly StoredColumn[],
): string {
  const stored =
    format === 'text'
      ? `(\`${LINE}\` string) ROW FORMAT DELIMITED FIELDS TERMINATED BY '\\001' STORED AS TEXTFILE`
      : `(${columns.map(columnSql).join(', ')}) STORED AS PARQUET`
  return `CREATE EXTERNAL TABLE IF NOT EXISTS \`${table}\` ${stored} LOCATION '${plainAddress(location)}/'`
}

export function dropTable(table: string): string {
  return `DROP TABLE IF EXISTS \`${table}\``
}

/**
 * Columns that Athena has a name and a type for. Others are left out: no statement reads a hash without a
 * sign, and the dialect refuses odd names (core/sql/trino/lake.ts).
 */
export function readable(columns: readonly StoredColumn[]): readonly StoredColumn[] {
  return columns.filter(({ name, type }) => /^[A-Za-z0-9_]+$/.test(name) && hiveType(type) !== undefined)
}

function columnSql({ name, type }: StoredColumn): string {
  return `\`${name}\` ${hiveType(type)}`
}

const TYPES: Readonly<Record<string, string>> = {
  VARCHAR: 'string',
  JSON: 'string',
  BIGINT: 'bigint',
  INTEGER: 'int',
  DOUBLE: 'double',
  BOOLEAN: 'boolean',
  'TIMESTAMP WITH TIME ZONE': 'timestamp',
  TIMESTAMP: 'timestamp',
}

function hiveType(type: string): string | undefined {
  return /^DECIMAL\(\d+,\d+\)$/.test(type) ? type.toLowerCase() : TYPES[type]
}

/** An address that stands in a text of SQL as it is. */
export function plainAddress(address: string): string {
  if (!/['\\\s{}[\]*?]/.test(address)) return address
  throw new TributaryError('invalid_setting', `Athena cannot read a lake at "${address}"; name it plainly`)
}
