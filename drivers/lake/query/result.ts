import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { DuckDBConnection, DuckDBResult } from '@duckdb/node-api'
import { TributaryError } from '../../../core/errors.ts'
import { identifier, text } from '../../../core/sql/duckdb/names.ts'
import type { ResultFormat } from '../../../core/statements/statement.ts'
import { openInstance } from '../duckdb/instance.ts'
import type { QueryLimits, WorkerResult } from './messages.ts'

export type ResultTask = {
  readonly sql: string
  readonly format: ResultFormat
  readonly limits: QueryLimits
  readonly scratch: string
}

/**
 * Runs a judged statement in a locked engine, and reads as much of what it gives as an answer may have.
 *
 * @throws of the engine; TributaryError `too_large` where a file would be more than an answer may be
 */
export async function resultOf(connection: DuckDBConnection, task: ResultTask): Promise<WorkerResult> {
  const result = await connection.stream(task.sql)
  const types = result.columnTypes()
  const columns = result.deduplicatedColumnNames().map((name, i) => ({ name, type: String(types[i]) }))
  return task.format === 'json'
    ? { columns, ...(await rowsAsJson(result, task.limits)), file: undefined }
    : { columns, ...(await rowsAsFile(result, columns, task)), json: undefined }
}

/** Rows until one of the limits is reached: what is left out is said. */
async function rowsAsJson(
  result: DuckDBResult,
  { rows: most, bytes }: QueryLimits,
): Promise<Pick<WorkerResult, 'rows' | 'isWhole' | 'json'>> {
  const lines: string[] = []
  let size = 0
  for await (const chunk of result.yieldRowsJson())
    for (const row of chunk) {
      const line = JSON.stringify(row)
      size += line.length + 1
      if (lines.length >= most || size > bytes)
        return { rows: lines.length, isWhole: false, json: `[${lines}]` }
      lines.push(line)
    }
  return { rows: lines.length, isWhole: true, json: `[${lines}]` }
}

const OPTIONS = { csv: 'FORMAT csv, HEADER true', parquet: 'FORMAT parquet, COMPRESSION zstd' } as const

/**
 * All rows, as a file. The engine that writes it never sees the statement: it is handed values, and the one
 * that has the statement can write nothing.
 */
async function rowsAsFile(
  result: DuckDBResult,
  columns: WorkerResult['columns'],
  { format, limits, scratch }: ResultTask,
): Promise<Pick<WorkerResult, 'rows' | 'isWhole' | 'file'>> {
  const writer = await openInstance({ memoryLimit: limits.memory, threads: 1, spillFolder: '' })
  const connection = await writer.connect()
  const named = columns.map(({ name, type }) => `${identifier(name)} ${type}`)
  await connection.run(`CREATE TABLE result (${named.join(', ')})`)
  const appender = await connection.createAppender('result')
  let rows = 0
  for (;;) {
    const chunk = await result.fetchChunk()
    if (chunk === null || chunk.rowCount === 0) break
    rows += chunk.rowCount
    if (rows > limits.rows)
      throw new TributaryError(
        'too_large',
        `a file has ${limits.rows} rows at most; add LIMIT ${limits.rows}`,
      )
    appender.appendDataChunk(chunk)
  }
  appender.closeSync()
  const file = join(scratch, `result.${format}`)
  await connection.run(`COPY result TO ${text(file)} (${OPTIONS[format as keyof typeof OPTIONS]})`)
  if ((await stat(file)).size > limits.bytes)
    throw new TributaryError('too_large', `a file has ${limits.bytes / 1e6} MB at most; select less`)
  return { rows, isWhole: true, file }
}
