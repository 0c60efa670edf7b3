import { randomUUID } from 'node:crypto'
import { mkdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { DuckDBConnection } from '@duckdb/node-api'
import type { TypedTable, WriteTable } from '../../../core/api/answer-table.ts'
import { DECIMAL_DIGITS } from '../../../core/data/decimal.ts'
import { identifier, text } from '../../../core/sql/duckdb/names.ts'
import { toLakeError } from './errors.ts'
import { openInstance } from './instance.ts'

/** Enough for an answer with as many rows as one may have; beyond it the engine spills beside the file. */
const MEMORY = 256e6

/**
 * Makes Parquet files (zstd) of tables, in an engine of its own each.
 *
 * @param scratch folder in which a file lies while it is made
 * @throws (the function) TributaryError `storage_failed`, `internal`
 */
export function createWriteParquet(scratch: string): WriteTable {
  return async (table, about) => {
    const folder = join(scratch, `parquet-${randomUUID()}`)
    await mkdir(folder, { recursive: true })
    try {
      const instance = await openInstance({ memoryLimit: MEMORY, threads: 1, spillFolder: folder })
      try {
        return await write(await instance.connect(), table, { about, file: join(folder, 'answer.parquet') })
      } finally {
        instance.closeSync()
      }
    } catch (cause) {
      throw toLakeError(cause)
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  }
}

type Target = { readonly about: string; readonly file: string }

/** Values are handed over as texts, and cast by the engine: a decimal goes through no double. */
async function write(connection: DuckDBConnection, { columns, rows }: TypedTable, { about, file }: Target) {
  const staged = ['n BIGINT', ...columns.map((_, i) => `c${i} VARCHAR`)]
  await connection.run(`CREATE TABLE staged (${staged.join(', ')})`)
  const appender = await connection.createAppender('staged')
  rows.forEach((row, n) => {
    appender.appendBigInt(BigInt(n))
    for (const value of row) value === null ? appender.appendNull() : appender.appendVarchar(value)
    appender.endRow()
  })
  appender.closeSync()
  const cast = columns.map((column, i) => `CAST(c${i} AS ${sqlType(column)}) AS ${identifier(column.name)}`)
  await connection.run(
    `COPY (SELECT ${cast.join(', ')} FROM staged ORDER BY n) TO ${text(file)} (FORMAT parquet, COMPRESSION zstd, KV_METADATA {tributary: ${text(about)}})`,
  )
  connection.closeSync()
  return readFile(file)
}

function sqlType({ type, scale = 0, precision = DECIMAL_DIGITS }: TypedTable['columns'][number]): string {
  return type === 'decimal' ? `DECIMAL(${precision}, ${scale})` : TYPES[type]
}

const TYPES = {
  text: 'VARCHAR',
  json: 'VARCHAR',
  bigint: 'BIGINT',
  double: 'DOUBLE',
  boolean: 'BOOLEAN',
  timestamp: 'TIMESTAMP WITH TIME ZONE',
} as const
