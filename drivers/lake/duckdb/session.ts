import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { join } from 'node:path'
import type { DuckDBConnection } from '@duckdb/node-api'
import { TributaryError } from '../../../core/errors.ts'
import type { FileDigest } from '../../../core/lake/certificate.ts'
import type { LakeFormat, LakeRow, LakeSession } from '../../../core/ports/lake-engine.ts'
import type { Query } from '../../../core/sql/query.ts'
import type { EngineFiles } from '../engine-files.ts'
import { onFiles } from '../file-errors.ts'
import { toLakeError } from './errors.ts'

/** What a session works with. */
export type SessionSettings = {
  /** Folder in which the engine finds the objects of the lake. */
  readonly root: string
  readonly files: EngineFiles
  /**
   * Longest time the next statement, or wait for one chunk of a result, may take, ms. @throws where that is
   * too little
   */
  readonly statementMs: () => number
  /** What to do where work is too large for the engine. */
  readonly remedy: string | undefined
}

const COPY_OPTIONS: Readonly<Record<LakeFormat, string>> = {
  // Version 2 encodings at level 1 are half the work of the defaults, and smaller: 57 for 66 MB a million
  // trips.
  parquet: 'FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1, PARQUET_VERSION v2',
  // Iceberg's reader in Spark knows not all of version 2.
  'open-parquet': 'FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1, PARQUET_VERSION v1',
  csv: 'FORMAT csv, HEADER false',
}

/** A session on one connection. */
export function createDuckdbSession(connection: DuckDBConnection, settings: SessionSettings): LakeSession {
  const { files } = settings
  const bounded = <T>(work: () => Promise<T>) => withTimeout(connection, settings, work)
  const rowsOf = async (sql: string): Promise<readonly LakeRow[]> => {
    const reader = await bounded(() => connection.runAndReadAll(sql))
    return reader.getRowObjectsJS() as readonly LakeRow[]
  }
  return {
    rows: query => holding(files, query, () => rowsOf(query.sql)),
    execute: query =>
      holding(files, query, async () => void (await bounded(() => connection.run(query.sql)))),
    async *stream({ sql, reads }) {
      const release = await files.hold(reads)
      try {
        const result = await bounded(() => connection.stream(sql))
        const chunks = result.yieldRowObjectJs()
        for (;;) {
          const { done, value } = await bounded(() => chunks.next())
          if (done === true) return
          yield value as readonly LakeRow[]
        }
      } finally {
        release()
      }
    },
    write: (query, path, format) =>
      holding(files, query, async () => {
        let count = 0
        const bytes = await files.place(path, async file => {
          const [row] = await rowsOf(
            `COPY (${query.sql}) TO '${file.replaceAll("'", "''")}' (${COPY_OPTIONS[format]})`,
          )
          count = Number(row?.['Count'])
        })
        return { rows: count, bytes }
      }),
    async digests(relation) {
      const release = await files.hold([relation])
      try {
        const digests: FileDigest[] = []
        for (const path of relation.parts) digests.push(await digestOf(settings.root, path))
        return digests
      } finally {
        release()
      }
    },
  }
}

function digestOf(root: string, path: string): Promise<FileDigest> {
  return onFiles(`cannot read ${path}`, async () => {
    const hash = createHash('sha256')
    let bytes = 0
    for await (const chunk of createReadStream(join(root, path), { highWaterMark: 1 << 20 })) {
      hash.update(chunk as Buffer)
      bytes += (chunk as Buffer).length
    }
    return { path, bytes, sha256: hash.digest('hex') }
  })
}

async function holding<T>(files: EngineFiles, { reads }: Query, work: () => Promise<T>): Promise<T> {
  const release = await files.hold(reads)
  try {
    return await work()
  } finally {
    release()
  }
}

/** Interrupts a statement that takes too long; it then fails, and the connection can be used again. */
async function withTimeout<T>(
  connection: DuckDBConnection,
  { statementMs, remedy }: SessionSettings,
  work: () => Promise<T>,
): Promise<T> {
  const timeoutMs = statementMs()
  let late = false
  const timer = setTimeout(() => {
    late = true
    connection.interrupt()
  }, timeoutMs)
  try {
    return await work()
  } catch (cause) {
    if (late) throw new TributaryError('timeout', `lake: a statement took over ${timeoutMs} ms`, { cause })
    throw toLakeError(cause, remedy)
  } finally {
    clearTimeout(timer)
  }
}
