import type { DuckDBInstance } from '@duckdb/node-api'
import type { LakeEngine, LakeLimits } from '../../../core/ports/lake-engine.ts'
import { duckdbDialect } from '../../../core/sql/duckdb/duckdb.ts'
import type { EngineFiles } from '../engine-files.ts'
import { type InstanceSettings, openInstance } from './instance.ts'
import { createDuckdbSession, type SessionSettings } from './session.ts'

export type DuckdbSettings = InstanceSettings &
  Omit<SessionSettings, 'files'> & {
    /** The files of a new session. */
    readonly files: () => EngineFiles
    readonly limits: LakeLimits
  }

/** The engine, and the end of it. */
export type DuckdbEngine = LakeEngine & { close(): void }

/**
 * DuckDB in this process, over the files of a lake. Nothing is ever downloaded: extensions are those built
 * in.
 */
export function openDuckdbEngine(settings: DuckdbSettings): DuckdbEngine {
  const { root, files, statementMs, remedy, limits } = settings
  // It takes memory and time to start that a server at rest need not spend.
  let instance: Promise<DuckDBInstance> | undefined
  const started = () => {
    instance ??= openInstance(settings).catch(error => {
      instance = undefined // the next session tries again
      throw error
    })
    return instance
  }
  return {
    dialect: duckdbDialect(root),
    limits,
    async session(work) {
      const connection = await (await started()).connect()
      try {
        return await work(createDuckdbSession(connection, { root, files: files(), statementMs, remedy }))
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
