import { availableParallelism, totalmem } from 'node:os'
import { join } from 'node:path'
import type { Relation } from '../../core/lake/relation.ts'
import type { FileCheck } from '../lake/checks/file-check.ts'
import { createVerifier } from '../lake/checks/verifier.ts'
import { type DuckdbSettings, openDuckdbEngine } from '../lake/duckdb/duckdb.ts'
import { onFiles } from '../lake/file-errors.ts'
import { ASIDE, openFolder } from '../lake/folder/folder.ts'
import { ownFolder } from '../lake/folder/left-out.ts'
import { renameOlderFolders } from '../lake/folder/older-names.ts'
import { requireSparkSql, type SparkSql } from '../lake/spark/process.ts'
import { openSparkEngine } from '../lake/spark/spark.ts'

export type FolderLakeSettings = {
  /** Folder of the lake. */
  readonly folder: string
  /** What is known of the beginning of a raw object that has no checksum yet. */
  readonly growing?: (object: string) => Promise<FileCheck | undefined>
  /** Memory the engine may use, bytes (half of the machine's, at most 4 GB). Beyond it, it spills to disk. */
  readonly memoryLimit?: number
  /** Threads (2, or fewer where the machine has fewer). */
  readonly threads?: number
  /** Longest statement, and longest wait for one chunk of a result, ms (600,000). */
  readonly statementTimeoutMs?: number
  /** Stored bytes of raw data of a type's epoch that DuckDB takes on (any; with Spark 2 GB). */
  readonly largestEpoch?: number | undefined
  /** The Spark that computes larger epochs. */
  readonly spark?: SparkSql | undefined
}

export type FolderLake = Awaited<ReturnType<typeof openFolderLake>>

const DEFAULT_MEMORY = 4e9
const DEFAULT_TIMEOUT_MS = 600_000
/** What a function on AWS takes on by default, too. */
const LARGEST_BESIDE_SPARK = 2e9
/**
 * One thread takes one core at most from whoever has more urgent work; a raw file of 256 MB needs some 300
 * MB.
 */
const AHEAD = { threads: 1, memoryLimit: 1e9 } as const

/**
 * A question of somebody who looks at a number: it may take one core for a while, and no more memory than
 * this.
 */
const ASKED = { threads: 1, memoryLimit: 1e9, spillLimit: 4e9 } as const
const ASKED_TIMEOUT_MS = 20_000

/**
 * The lake of one machine: a folder, and DuckDB over its files. One process at a time. Files that the
 * platform has not written are in none of its numbers, and `lake.leftOut` names them.
 *
 * @throws TributaryError `storage_failed` when the folder cannot be used; `invalid_setting` where Spark is
 * asked for and does not start
 */
export async function openFolderLake(settings: FolderLakeSettings) {
  const { folder, statementTimeoutMs = DEFAULT_TIMEOUT_MS, spark } = settings
  const largestEpoch =
    settings.largestEpoch ?? (spark === undefined ? Number.POSITIVE_INFINITY : LARGEST_BESIDE_SPARK)
  if (spark !== undefined) await requireSparkSql(spark)
  const lake = ownFolder(folder, await openFolder(folder))
  await onFiles(`cannot rename folders in ${folder}`, () => renameOlderFolders(folder))
  const verify = createVerifier(folder, settings.growing)
  const hold = async (reads: readonly Relation[]) => {
    await verify(reads)
    return () => {}
  }
  const engineWith = (
    size: Pick<DuckdbSettings, 'memoryLimit' | 'threads' | 'spillFolder' | 'spillLimit'>,
    timeoutMs = statementTimeoutMs,
  ) =>
    openDuckdbEngine({
      ...size,
      root: folder,
      files: () => ({ hold, place: lake.place }),
      limits: { largestEpoch },
      statementMs: () => timeoutMs,
      remedy: undefined,
    })
  const engine = engineWith({
    memoryLimit: settings.memoryLimit ?? Math.min(DEFAULT_MEMORY, totalmem() / 2),
    threads: settings.threads ?? Math.min(2, availableParallelism()),
    spillFolder: join(folder, '.engine'),
  })
  // An engine of its own, for work that must not take what the other needs.
  const ahead = engineWith({ ...AHEAD, spillFolder: join(folder, '.engine-ahead') })
  const asked = engineWith({ ...ASKED, spillFolder: join(folder, '.engine-asked') }, ASKED_TIMEOUT_MS)
  const heavy = spark === undefined ? [] : [openSparkEngine({ ...spark, folder, aside: ASIDE, hold })]
  return {
    lake,
    engine,
    ahead,
    /** For questions of people. */
    asked,
    heavy,
    close() {
      for (const each of heavy) each.close()
      asked.close()
      ahead.close()
      engine.close()
    },
  }
}
