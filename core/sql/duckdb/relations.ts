import type { Relation } from '../../lake/relation.ts'
import type { CsvColumn, LakeDialect, Sql } from '../dialect.ts'
import type { Query } from '../query.ts'
import { identifier, text } from './names.ts'
import { AS_THEY_ARE, rawSql } from './raw.ts'
import { recastColumns, storedType } from './stored-types.ts'
import { uncheckedSql } from './unchecked-raw.ts'

type Relations = Pick<LakeDialect, 'raw' | 'scan' | 'scanPlaced' | 'csv' | 'columns' | 'storedType'>

/** How DuckDB names the relations of a lake: as the files that are their parts, in a folder. */
export function duckdbRelations(root: string): Relations {
  const file = (path: string) => text(`${root}/${path}`)
  const files = (relations: readonly Relation[]) =>
    `[${relations.flatMap(({ parts }) => parts.map(file)).join(', ')}]`
  const parquet = (relations: readonly Relation[]) => `read_parquet(${files(relations)}, ${PARQUET})`
  const asDeclared = (relation: Relation) =>
    `SELECT * REPLACE (${recastColumns(relation.recast!)}) FROM ${parquet([relation])}`
  const scanned = (relations: readonly Relation[]) => {
    const others = relations.filter(({ recast }) => recast === undefined)
    if (others.length === relations.length) return parquet(relations)
    const selects = relations.filter(({ recast }) => recast !== undefined).map(asDeclared)
    if (others.length > 0) selects.push(`SELECT * FROM ${parquet(others)}`)
    return `(${selects.join(' UNION ALL BY NAME ')})`
  }
  // Characters, as SQL counts them, that come before the path of a part in the name of its file.
  const before = Array.from(root).length + 1
  return {
    raw: (relation, shape) => {
      const sql = shape.isUnchecked === true ? uncheckedSql : rawSql
      return reading([relation], sql(files([relation]), shape))
    },
    scan: relations => reading(relations, scanned(relations)),
    scanPlaced: relation =>
      reading(
        [relation],
        `(SELECT * EXCLUDE (__file), substr(__file, ${before + 1}) AS __part
      FROM read_parquet(${files([relation])}, filename = '__file', ${PARQUET}))`,
      ),
    csv: (relation, columns) => reading([relation], csvSql(files([relation]), columns)),
    columns: relations => reading(relations, `DESCRIBE SELECT * FROM ${parquet(relations)}`),
    storedType,
  }
}

/**
 * Columns of all files, and nothing but what is in them: unasked, DuckDB takes `name=value` in any part of a
 * path for a column, in place of one that the file has.
 */
const PARQUET = `union_by_name = true, ${AS_THEY_ARE}`

function reading(reads: readonly Relation[], sql: Sql): Query {
  return { sql, reads }
}

const CSV_TYPE = { text: 'VARCHAR', integer: 'BIGINT', double: 'DOUBLE', boolean: 'BOOLEAN' } as const

/** In one thread: with more, a line end within quotes can be taken for a row's. */
function csvSql(file: Sql, columns: readonly CsvColumn[]): Sql {
  const types = columns.map(({ name, type }) => `${identifier(name)}: '${CSV_TYPE[type]}'`).join(', ')
  return `read_csv(${file}, auto_detect = false, header = true, delim = ',', ${AS_THEY_ARE}, quote = '"', escape = '"',
    nullstr = '', allow_quoted_nulls = false, parallel = false, columns = {${types}})`
}
