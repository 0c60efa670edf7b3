import type { DuckDBInstance } from '@duckdb/node-api'
import { requireFromLayer } from '../layer.ts'
import { toLakeError } from './duckdb-errors.ts'

export type EngineSettings = {
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
export async function createEngine(settings: EngineSettings): Promise<DuckDBInstance> {
  const { memoryLimit, threads, spillFolder, spillLimit } = settings
  const megabytes = (bytes: number) => `${Math.floor(bytes / 1e6)}MB`
  try {
    const { DuckDBInstance: Instance } = requireFromLayer('@duckdb/node-api') as Binding
    return await Instance.create(':memory:', {
      memory_limit: megabytes(memoryLimit),
      threads: String(threads),
      temp_directory: spillFolder,
      ...(spillLimit === undefined ? {} : { max_temp_directory_size: megabytes(spillLimit) }),
      // Order inside a file means nothing to us, and keeping it costs memory and threads.
      preserve_insertion_order: 'false',
      // It tells versions of a file apart by a coarse modification time: one written again at once reads as a mixture.
      enable_external_file_cache: 'false',
      autoinstall_known_extensions: 'false',
      autoload_known_extensions: 'false',
      allow_community_extensions: 'false',
    })
  } catch (cause) {
    throw toLakeError(cause)
  }
}
