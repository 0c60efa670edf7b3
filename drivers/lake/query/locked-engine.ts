import type { DuckDBConnection } from '@duckdb/node-api'
import { TributaryError } from '../../../core/errors.ts'
import { identifier, text } from '../../../core/sql/duckdb/names.ts'
import type { OpenedTable } from '../../../core/statements/statement.ts'
import { judgeStatement, type NamedTable, type Parsed } from '../../../core/statements/statement-check.ts'
import { openInstance } from '../duckdb/instance.ts'
import type { QueryLimits } from './messages.ts'

/** Spilling is switched off by it: a statement may fill memory that is bounded, and no disk. */
const NO_FOLDER = ''
const SMALL = { memoryLimit: 100e6, threads: 1, spillFolder: NO_FOLDER }

const LOCK = ['SET enable_external_access = false', 'SET lock_configuration = true']

/** Judges statements, in an engine that has no files. */
export type Judge = {
  /**
   * @returns the tables that it names
   * @throws TributaryError `bad_request` saying why it is not run
   */
  judge(sql: string): Promise<readonly NamedTable[]>
  close(): void
}

export async function openJudge(): Promise<Judge> {
  const instance = await openInstance(SMALL)
  const connection = await instance.connect()
  for (const statement of LOCK) await connection.run(statement)
  const functions = await connection.runAndReadAll(
    `SELECT DISTINCT lower(function_name) FROM duckdb_functions() WHERE function_type IN ('table', 'table_macro', 'pragma')`,
  )
  const known = new Set(functions.getRows().map(([name]) => String(name)))
  return {
    async judge(sql) {
      const tree = await connection.runAndReadAll('SELECT json_serialize_sql($1::VARCHAR)', [sql])
      const parsed = JSON.parse(String(tree.getRows()[0]![0])) as Parsed
      const judged = judgeStatement(parsed, name => known.has(name))
      if (judged.refused !== undefined) throw new TributaryError('bad_request', judged.refused)
      return judged.tables
    },
    close() {
      connection.closeSync()
      instance.closeSync()
    },
  }
}

/**
 * Opens tables as views, and locks the engine: from then on it reads their files, and nothing else. Those
 * that are to be copied are tables in its memory, whose files it reads no more.
 */
export async function openReader(
  tables: readonly OpenedTable[],
  { memory }: QueryLimits,
): Promise<DuckDBConnection> {
  const instance = await openInstance({ ...SMALL, memoryLimit: memory })
  const connection = await instance.connect()
  const run = (sql: string) => connection.run(sql)
  for (const schema of new Set(tables.map(one => one.schema)))
    await run(`CREATE SCHEMA ${identifier(schema)}`)
  const [copies, views] = [tables.filter(one => one.isCopied), tables.filter(one => !one.isCopied)]
  for (const one of copies) await copy(connection, one)
  await run(`SET allowed_paths = [${views.flatMap(({ files }) => files.map(text)).join(', ')}]`)
  for (const { schema, name, sql } of views)
    await run(`CREATE VIEW ${identifier(schema)}.${identifier(name)} AS ${sql}`)
  for (const statement of LOCK) await run(statement)
  return connection
}

/** What the engine says of a failure may quote a row that the caller may not see. */
async function copy(connection: DuckDBConnection, { schema, name, sql }: OpenedTable): Promise<void> {
  try {
    await connection.run(`CREATE TABLE ${identifier(schema)}.${identifier(name)} AS ${sql}`)
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : ''
    if (/^Out of Memory/i.test(message))
      throw new TributaryError(
        'too_large',
        `what may be seen of ${schema}.${name} is more than the memory of a statement; use a key that reads fewer rows, or ask GET /v1/metrics`,
        { cause },
      )
    const code = /^IO Error/i.test(message) ? 'storage_failed' : 'internal'
    throw new TributaryError(code, `table ${schema}.${name} cannot be opened`, { cause })
  }
}
