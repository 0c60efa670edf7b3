import type { DuckDBConnection } from '@duckdb/node-api'
import { TributaryError } from '../../core/errors.ts'
import type { LakeFormat, LakeRow, LakeSession } from '../../core/ports/lake.ts'
import { toLakeError } from './duckdb-errors.ts'
import type { Folder } from './duckdb-folder.ts'

const COPY_OPTIONS: Readonly<Record<LakeFormat, string>> = {
  // Version 2 encodings at level 1 are half the work of the defaults, and smaller: 57 for 66 MB a million trips.
  parquet: 'FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1, PARQUET_VERSION v2',
  csv: 'FORMAT csv, HEADER false',
}

/** A session on one connection. */
export function duckdbSession(connection: DuckDBConnection, folder: Folder, timeoutMs: number): LakeSession {
  const bounded = <T>(work: () => Promise<T>): Promise<T> => withTimeout(connection, timeoutMs, work)
  const rows = async (sql: string): Promise<readonly LakeRow[]> => {
    const reader = await bounded(() => connection.runAndReadAll(sql))
    return reader.getRowObjectsJS() as readonly LakeRow[]
  }
  return {
    rows,
    execute: async sql => void (await bounded(() => connection.run(sql))),
    async *stream(sql) {
      const result = await bounded(() => connection.stream(sql))
      const chunks = result.yieldRowObjectJs()
      for (;;) {
        const { done, value } = await bounded(() => chunks.next())
        if (done === true) return
        yield value as readonly LakeRow[]
      }
    },
    async write(sql, path, format) {
      let count = 0
      const bytes = await folder.place(path, async file => {
        const [row] = await rows(`COPY (${sql}) TO '${file.replaceAll("'", "''")}' (${COPY_OPTIONS[format]})`)
        count = Number(row?.['Count'])
      })
      return { rows: count, bytes }
    },
  }
}

/** Interrupts a statement that takes too long; it then fails, and the connection can be used again. */
async function withTimeout<T>(
  connection: DuckDBConnection,
  timeoutMs: number,
  work: () => Promise<T>,
): Promise<T> {
  let late = false
  const timer = setTimeout(() => {
    late = true
    connection.interrupt()
  }, timeoutMs)
  try {
    return await work()
  } catch (cause) {
    if (late) throw new TributaryError('timeout', `lake: a statement took over ${timeoutMs} ms`, { cause })
    throw toLakeError(cause)
  } finally {
    clearTimeout(timer)
  }
}
