import { mkdir, readdir, rm, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { TributaryError } from '../../../core/errors.ts'
import type { Relation } from '../../../core/lake/relation.ts'
import type { HeavyEngine } from '../../../core/ports/heavy-engine.ts'
import type { Query } from '../../../core/sql/query.ts'
import { sparkLakeDialect } from '../../../core/sql/spark/lake.ts'
import { onFiles } from '../file-errors.ts'
import { type SparkSql, startSparkSql } from './process.ts'

export type SparkSettings = SparkSql & {
  /** Folder of the lake; on a cluster, one that every machine of it sees under this name. */
  readonly folder: string
  /** Folder of the lake for what is on its way, as a path in it; it is emptied at a start. */
  readonly aside: string
  /** Sees to it that what is read is whole. */
  readonly hold: (reads: readonly Relation[]) => Promise<() => void>
}

/** The engine, and the end of it: what runs is ended. */
export type SparkEngine = HeavyEngine & { close(): void }

/**
 * Spark over the files of a lake, by `spark-sql` as a child process: one application a run, which reads one
 * script, as a step of EMR does. So nothing of Spark is in this process, and nothing stays when it is done.
 */
export function openSparkEngine(settings: SparkSettings): SparkEngine {
  const root = resolve(settings.folder)
  requirePlain(root)
  const dialect = sparkLakeDialect(`file:${root}`)
  const going = new Set<AbortController>()
  let runs = 0
  return {
    name: 'spark',
    dialect,
    limits: { largestEpoch: Number.POSITIVE_INFINITY },
    forms: { instants: 'instants' },
    async run(statements, work) {
      const folder = `${settings.aside}/spark-${process.pid}-${runs++}`
      const ending = new AbortController()
      going.add(ending)
      const release = await settings.hold(statements.flatMap(({ reads }) => reads))
      try {
        const results = statements.map((_, i) => `${folder}/${i}`)
        await onFiles(`cannot use ${folder}`, () => mkdir(join(root, folder), { recursive: true }))
        const script = join(root, folder, 'script.sql')
        const text = scriptOf(
          dialect.settings,
          statements,
          results.map(result => join(root, result)),
        )
        await onFiles(`cannot write ${folder}`, () => writeFile(script, text))
        await startSparkSql(settings, script, join(root, folder), ending.signal)
        return await work(await Promise.all(results.map(result => partsIn(root, result))))
      } finally {
        release()
        going.delete(ending)
        await onFiles(`cannot remove ${folder}`, () =>
          rm(join(root, folder), { recursive: true, force: true, maxRetries: 5 }),
        )
      }
    },
    close() {
      for (const ending of going) ending.abort()
    },
  }
}

/** Settings, and each statement into a folder of its own. */
function scriptOf(
  settings: readonly string[],
  statements: readonly Query[],
  folders: readonly string[],
): string {
  const inserts = statements.map(
    ({ sql }, i) =>
      `INSERT OVERWRITE DIRECTORY 'file:${folders[i]!.replaceAll("'", "\\'")}' USING parquet\n${sql}`,
  )
  return [...settings, ...inserts].map(statement => `${statement};\n`).join('\n')
}

async function partsIn(root: string, folder: string): Promise<readonly string[]> {
  const names = await onFiles(`cannot list ${folder}`, () => readdir(join(root, folder)))
  return names
    .filter(name => /^[^._].*\.parquet$/.test(name))
    .sort()
    .map(name => `${folder}/${name}`)
}

/** Spark takes these for patterns of names. */
function requirePlain(root: string): void {
  const [odd] = /[{}[\]*?\\]/.exec(root) ?? []
  if (odd === undefined) return
  throw new TributaryError(
    'invalid_setting',
    `TRIBUTARY_SPARK cannot read a data folder with "${odd}" in its path; move it to one without`,
  )
}
