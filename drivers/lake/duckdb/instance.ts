import type { DuckDBInstance } from '@duckdb/node-api'
import { requireFromLayer } from '../../layer.ts'
import { toLakeError } from './errors.ts'

export type InstanceSettings = {
  /** Memory the engine may use, bytes. Beyond it, it spills to disk. */
  readonly memoryLimit: number
  readonly threads: number
  /** Folder it spills to. */
  readonly spillFolder: string
  /** Most bytes it may spill (nine tenths of what the disk has free). */
  readonly spillLimit?: number
}

type Binding = typeof import('@duckdb/node-api')

/**
 * Starts an engine in memory that downloads nothing: its extensions are those built in.
 *
 * The binding (some 70 MB, on AWS in a layer) is loaded here and nowhere else, when the first engine starts.
 */
export async function openInstance(settings: InstanceSettings): Promise<DuckDBInstance> {
  const { memoryLimit, threads, spillFolder, spillLimit } = settings
  const megabytes = (bytes: number) => `${Math.floor(bytes / 1e6)}MB`
  try {
    const { DuckDBInstance: Instance } = requireFromLayer('@duckdb/node-api') as Binding
    const instance = await Instance.create(':memory:', {
      memory_limit: megabytes(memoryLimit),
      threads: String(threads),
      temp_directory: spillFolder,
      // Order inside a file means nothing to us, and keeping it costs memory and threads.
      preserve_insertion_order: 'false',
      // It tells versions of a file apart by a coarse modification time: one written again at once reads as a
      // mixture.
      enable_external_file_cache: 'false',
      autoinstall_known_extensions: 'false',
      autoload_known_extensions: 'false',
      allow_community_extensions: 'false',
    })
    await run(instance, IN_UTC, ...(spillLimit === undefined ? [] : [limitSpill(megabytes(spillLimit))]))
    return instance
  } catch (cause) {
    throw toLakeError(cause)
  }
}

/**
 * Instants without zone, which an older version wrote, are UTC, whatever the machine's zone. By statement: it
 * is an option of an extension, which is not there yet when the engine starts.
 */
const IN_UTC = "SET GLOBAL TimeZone = 'UTC'"

/** By statement: given at the start, DuckDB 1.5 shows the limit but does not keep to it. */
const limitSpill = (limit: string) => `SET max_temp_directory_size = '${limit}'`

async function run(instance: DuckDBInstance, ...statements: readonly string[]): Promise<void> {
  const connection = await instance.connect()
  try {
    for (const statement of statements) await connection.run(statement)
  } finally {
    connection.closeSync()
  }
}
