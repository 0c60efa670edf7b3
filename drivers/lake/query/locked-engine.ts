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

/** Opens tables as views, and locks the engine: from then on it reads their files, and nothing else. */
export async function openReader(
  tables: readonly OpenedTable[],
  { memory }: QueryLimits,
): Promise<DuckDBConnection> {
  const instance = await openInstance({ ...SMALL, memoryLimit: memory })
  const connection = await instance.connect()
  const run = (sql: string) => connection.run(sql)
  await run(`SET allowed_paths = [${tables.flatMap(({ files }) => files.map(text)).join(', ')}]`)
  for (const schema of new Set(tables.map(one => one.schema)))
    await run(`CREATE SCHEMA ${identifier(schema)}`)
  for (const { schema, name, sql } of tables)
    await run(`CREATE VIEW ${identifier(schema)}.${identifier(name)} AS ${sql}`)
  for (const statement of LOCK) await run(statement)
  return connection
}
