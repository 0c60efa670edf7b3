import { TributaryError } from '../../errors.ts'
import { folderOfPart, type Relation } from '../../lake/relation.ts'
import type { RefiningDialect, Sql } from '../dialect.ts'
import { rawSql } from './raw.ts'
import { trinoDialect } from './trino.ts'

/** How the objects of a folder are read. */
export type TableFormat = 'text' | 'parquet'

/** Name of the table that has the objects of a folder of the lake. */
export type FolderTable = (folder: string, format: TableFormat) => string

/**
 * Athena's engine over the objects of a lake, each folder of which is a table: a column `line` of raw lines,
 * or the columns of Parquet. Of a folder those objects are read that a relation names, and no other.
 * Instants are integers in it, microseconds since 1970: its files have none that say that they are UTC.
 */
export function athenaLakeDialect(table: FolderTable): RefiningDialect {
  const scan = (relations: readonly Relation[]) => objectsSql(table, 'parquet', relations)
  const dialect = trinoDialect(scan)
  return {
    ...dialect,
    identifier: name => dialect.identifier(plain(name)),
    raw: (relation, shape) => ({
      sql: rawSql(objectsSql(table, 'text', [relation]), dialect, shape),
      reads: [relation],
    }),
    // Of the text that the line has, which is the shortest one of its double.
    decimal: (text, scale) => `CAST(${text} AS DECIMAL(18, ${scale}))`,
    instant: microseconds,
    instantOfMs: ms => `(CAST(${ms} AS BIGINT) * 1000)`,
  }
}

function objectsSql(table: FolderTable, format: TableFormat, relations: readonly Relation[]): Sql {
  const selects = relations.flatMap(relation => {
    if (relation.recast !== undefined) throw recastProblem(relation)
    return [...Map.groupBy(relation.parts, folderOfPart)].map(([folder, parts]) => {
      const names = parts.map(part => `'${part.slice(folder.length + 1).replaceAll("'", "''")}'`)
      return `SELECT * FROM "${table(folder, format)}" WHERE ${OBJECT} IN (${names.join(', ')})`
    })
  })
  return `(${selects.join('\nUNION ALL\n')})`
}

/** Name of the object that a row is in. */
const OBJECT = `element_at(split("$path", '/'), -1)`

/** Names of columns that tables of Athena take (Athena user guide, "Name databases, tables, and columns"). */
function plain(name: string): string {
  if (/^[A-Za-z0-9_]+$/.test(name)) return name
  throw new TributaryError(
    'invalid_setting',
    `Athena takes no column with other characters than a–z, 0–9 and _, and there is "${name.slice(0, 100)}"; ` +
      'raise TRIBUTARY_LARGEST_EPOCH (the parameter largestEpoch), so that DuckDB reads this type',
  )
}

function recastProblem(relation: Relation): TributaryError {
  const what =
    'type' in relation ? relation.type : relation.kind === 'model' ? relation.model : relation.metric
  return new TributaryError(
    'invalid_setting',
    `Athena does not read rows of ${what} that were stored before a field was declared otherwise; backfill their epochs, or raise TRIBUTARY_LARGEST_EPOCH (the parameter largestEpoch)`,
  )
}

/**
 * Microseconds of RFC 3339 text, by hand: Trino's offsets end at 14:00 and its digits of a second at nine,
 * events' do not. In capitals, as RFC 3339 has `t` and `z` too.
 */
function microseconds(text: Sql): Sql {
  const value = `upper(${text})`
  const local = `CAST(replace(substr(${value}, 1, 19), 'T', ' ') AS TIMESTAMP(0))`
  const seconds = `date_diff('second', TIMESTAMP '1970-01-01 00:00:00', ${local})`
  const fraction = `CAST(rpad(coalesce(regexp_extract(${value}, '\\.(\\d{1,6})', 1), ''), 6, '0') AS BIGINT)`
  const minutes = `(CAST(substr(${value}, -5, 2) AS BIGINT) * 60 + CAST(substr(${value}, -2) AS BIGINT))`
  const ahead = `CASE WHEN ${value} LIKE '%Z' THEN 0 WHEN substr(${value}, -6, 1) = '-' THEN -${minutes} ELSE ${minutes} END`
  return `(${seconds} * 1000000 + ${fraction} - (${ahead}) * 60000000)`
}
