import { folderOfPart, type Recast, type Relation } from '../../lake/relation.ts'
import type { RefiningDialect, Sql } from '../dialect.ts'
import { decimalOfDouble } from './decimal-of-double.ts'
import { rawSql } from './raw.ts'
import { sparkDialect } from './spark.ts'

/**
 * Spark 4 over the files of a lake, in statements alone: what one Spark runs by `spark-sql`, any other does.
 *
 * @param root address of the folder in which Spark finds the objects of the lake, such as `file:/data/lake`
 */
export function sparkLakeDialect(root: string): RefiningDialect {
  const dialect = sparkDialect(relations => scanSql(root, relations))
  return {
    ...dialect,
    settings: [...dialect.settings, ...FILES_AS_OURS],
    raw: (relation, shape) => ({
      sql: rawSql(filesSql(root, 'text', [relation]), dialect, shape),
      reads: [relation],
    }),
    decimal,
    instant,
    instantOfMs: ms => `timestamp_millis(CAST(${ms} AS BIGINT))`,
  }
}

/** Settings by which Spark reads and writes files as DuckDB does. */
const FILES_AS_OURS: readonly Sql[] = [
  // Instants are cut in UTC, and are UTC in files; none is moved to an older calendar.
  `SET spark.sql.session.timeZone = UTC`,
  `SET spark.sql.parquet.outputTimestampType = TIMESTAMP_MICROS`,
  `SET spark.sql.parquet.datetimeRebaseModeInWrite = CORRECTED`,
  `SET spark.sql.parquet.datetimeRebaseModeInRead = CORRECTED`,
  `SET spark.sql.parquet.compression.codec = zstd`,
  // Slices of ids are in encodings that Spark reads row by row only.
  `SET spark.sql.parquet.enableVectorizedReader = false`,
  // Keys of JSON are what they are, and the last of two alike counts.
  `SET spark.sql.caseSensitive = true`,
  `SET spark.sql.mapKeyDedupPolicy = LAST_WIN`,
]

/** Rows of files, with the columns that a relation names in `recast` as their fields declare them. */
function scanSql(root: string, relations: readonly Relation[]): Sql {
  const selects = relations.map(relation => {
    const files = filesSql(root, 'parquet', [relation])
    if (relation.recast === undefined) return `SELECT * FROM ${files} AS f`
    const names = relation.recast.map(({ field }) => quoted(field.column)).join(', ')
    return `SELECT * EXCEPT (${names}), ${relation.recast.map(recastColumn).join(', ')} FROM ${files} AS f`
  })
  return `(${selects.join('\nUNION ALL\n')})`
}

function recastColumn({ field: { column, scale }, from }: Recast): Sql {
  const value = quoted(column)
  if (scale === undefined) return `CAST(${value} AS DOUBLE) AS ${value}`
  return `${from.scale === undefined ? decimalOfDouble(value, scale) : decimal(value, scale)} AS ${value}`
}

/** Files of a format: those of one folder by one pattern, so that a statement is as short as it can be. */
function filesSql(root: string, format: 'text' | 'parquet', relations: readonly Relation[]): Sql {
  const parts = relations.flatMap(relation => relation.parts)
  const folders = Map.groupBy(parts, folderOfPart)
  const scans = [...folders].map(([folder, files]) => {
    const names = files.map(file => file.slice(folder.length + 1))
    const name = names.length === 1 ? names[0]! : `{${names.join(',')}}`
    return `${format}.${quoted(`${root}/${folder}/${name}`)}`
  })
  if (scans.length === 1) return scans[0]!
  return `(${scans.map(scan => `SELECT * FROM ${scan}`).join(' UNION ALL ')})`
}

const quoted = (name: string): Sql => `\`${name.replaceAll('`', '``')}\``

/** An offset may be up to 23:59, of which Spark's cast takes 18:00. In capitals, as RFC 3339 has `z` too. */
function instant(text: Sql): Sql {
  const value = `upper(${text})`
  const local = `unix_micros(CAST(substr(${value}, 1, length(${value}) - 6) || 'Z' AS TIMESTAMP))`
  const minutes = `(CAST(substr(${value}, -5, 2) AS BIGINT) * 60 + CAST(substr(${value}, -2) AS BIGINT))`
  const ahead = `CASE WHEN substr(${value}, -6, 1) = '-' THEN -60000000 ELSE 60000000 END * ${minutes}`
  return `CASE WHEN ${value} LIKE '%Z' THEN CAST(${value} AS TIMESTAMP) ELSE timestamp_micros(${local} - ${ahead}) END`
}

/**
 * DECIMAL(18, scale) of a number's text, rounded half away from zero. The text of a raw line is the shortest
 * one of its double already, as ingest takes no other number and writes it so. It is not made a double on the
 * way, as Java before 19 has texts of some doubles that are not the shortest.
 */
function decimal(text: Sql, scale: number): Sql {
  return `CAST(${text} AS DECIMAL(18, ${scale}))`
}
