import { availableParallelism, totalmem } from 'node:os'
import { join } from 'node:path'
import type { DuckDBInstance } from '@duckdb/node-api'
import type { Lake } from '../../../core/ports/lake.ts'
import { createEngine } from './engine.ts'
import { openFolder } from './folder.ts'
import { duckdbSession } from './session.ts'

export type DuckdbSettings = {
  /** Folder of the lake. */
  readonly folder: string
  /** Memory the engine may use, bytes (half of the machine's, at most 4 GB). Beyond it, it spills to disk. */
  readonly memoryLimit?: number
  /** Threads (2, or fewer where the machine has fewer). */
  readonly threads?: number
  /** Longest statement, and longest wait for one chunk of a result, ms (600,000). */
  readonly statementTimeoutMs?: number
}

/** The lake and the end of its engine. */
export type DuckdbLake = Lake & { close(): void }

const DEFAULT_MEMORY = 4e9
const DEFAULT_TIMEOUT_MS = 600_000

/**
 * The lake on DuckDB over a folder. One process at a time. Nothing is ever downloaded: extensions are those built in.
 *
 * @throws TributaryError `storage_failed` when the folder cannot be used
 */
export async function openDuckdbLake(settings: DuckdbSettings): Promise<DuckdbLake> {
  const { folder, statementTimeoutMs = DEFAULT_TIMEOUT_MS } = settings
  const objects = await openFolder(folder)
  const files = {
    hold: async () => () => {},
    place: objects.place,
    statementMs: () => statementTimeoutMs,
    remedy: undefined,
  }
  // The engine takes memory and time to start that a server at rest need not spend.
  let instance: Promise<DuckDBInstance> | undefined
  const engine = () => {
    instance ??= createEngine({
      memoryLimit: settings.memoryLimit ?? Math.min(DEFAULT_MEMORY, totalmem() / 2),
      threads: settings.threads ?? Math.min(2, availableParallelism()),
      spillFolder: join(folder, '.engine'),
    })
    return instance
  }
  return {
    ...objects,
    async session(work) {
      const connection = await (await engine()).connect()
      try {
        return await work(duckdbSession(connection, files))
      } finally {
        connection.closeSync()
      }
    },
    close() {
      void instance?.then(created => created.closeSync()).catch(() => undefined) // `session` reported it
      instance = undefined
    },
  }
}
