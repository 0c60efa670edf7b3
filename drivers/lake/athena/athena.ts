import { randomBytes } from 'node:crypto'
import { folderOfPart, type Relation } from '../../../core/lake/relation.ts'
import type { HeavyEngine } from '../../../core/ports/heavy-engine.ts'
import type { LakeLimits } from '../../../core/ports/lake-engine.ts'
import type { Query } from '../../../core/sql/query.ts'
import { athenaLakeDialect } from '../../../core/sql/trino/lake.ts'
import { inParallel } from '../../aws/in-parallel.ts'
import { type AthenaWorkgroup, resultsOf, runQuery } from './queries.ts'
import {
  createTable,
  dropTable,
  foldersRead,
  plainAddress,
  type ReadFolder,
  readable,
  type StoredColumn,
  tableNames,
} from './tables.ts'

export type AthenaSettings = AthenaWorkgroup & {
  /** Where the objects of the lake are, such as `s3://bucket`. */
  readonly root: string
  /** Folder of the lake for what is on its way, as a path in it. */
  readonly aside: string
  readonly limits: LakeLimits
  /** Columns of Parquet objects, as the lake's own engine names their types. */
  readonly columnsOf: (relation: Relation) => Promise<readonly StoredColumn[]>
  /** Sees to it that what is read is whole. */
  readonly hold: (reads: readonly Relation[]) => Promise<() => void>
  /** Removes everything under a folder of the lake. */
  readonly remove: (folder: string) => Promise<void>
}

/** The engine, and the end of it: queries that run are stopped. */
export type AthenaEngine = HeavyEngine & { close(): void }

/** Statements of DDL at a time: an account has 20 active (Athena user guide, "Service quotas"). */
const WIDTH = 4
/** Letters that tell the tables of engines apart. */
const ENGINE_BYTES = 6

/**
 * Athena over the objects of a lake: each folder that is read is a table for the time of a run, each
 * statement an UNLOAD into a folder aside, whose files a further query lists. One run at a time, as two may
 * read one folder; a function has one anyway.
 */
export function openAthenaEngine(settings: AthenaSettings): AthenaEngine {
  const root = plainAddress(settings.root)
  const ending = new AbortController()
  const names = tableNames(randomBytes(ENGINE_BYTES).toString('hex'))
  const ask = (sql: string) => runQuery(settings, sql, ending.signal)
  let before: Promise<unknown> = Promise.resolve()
  let runs = 0
  return {
    name: 'athena',
    dialect: athenaLakeDialect(names),
    limits: settings.limits,
    forms: { instants: 'microseconds' },
    run(statements, work) {
      const running = before.then(() => runOne(statements, work))
      before = running.catch(() => {})
      return running
    },
    close: () => ending.abort(),
  }

  async function runOne<T>(
    statements: readonly Query[],
    work: (results: readonly (readonly string[])[]) => Promise<T>,
  ): Promise<T> {
    const folder = `${settings.aside}/${names(String(runs++), 'parquet')}`
    const read = foldersRead(statements, names)
    const release = await settings.hold(read.map(({ relation }) => relation))
    try {
      await inParallel(read, WIDTH, create)
      const results = statements.map((_, i) => `${folder}/${i}`)
      for (const [i, statement] of statements.entries())
        await ask(unload(statement, `${root}/${results[i]!}`))
      return await work(await Promise.all(results.map(filesIn)))
    } finally {
      release()
      await drop(read.map(({ table }) => table))
      await settings.remove(folder)
    }
  }

  async function create(each: ReadFolder): Promise<void> {
    const columns = each.format === 'text' ? [] : readable(await settings.columnsOf(each.relation))
    await ask(createTable(each, `${root}/${each.folder}`, columns))
  }

  /** Files that have rows: their table has no column of theirs, so that none is read. */
  async function filesIn(folder: string): Promise<readonly string[]> {
    const each = { table: names(folder, 'parquet'), format: 'parquet' } as const
    await ask(createTable(each, `${root}/${folder}`, [{ name: 'none', type: 'VARCHAR' }]))
    try {
      const listed = await ask(`SELECT DISTINCT "$path" AS file FROM "${each.table}" ORDER BY file`)
      const rows = await resultsOf(settings, listed)
      return rows.map(([path = '']) => `${folder}/${path!.slice(folderOfPart(path!).length + 1)}`)
    } finally {
      await drop([each.table])
    }
  }

  /**
   * Also after an end. A table that stays, where this fails, has no data of its own; what the run has come to
   * counts, and is told.
   */
  async function drop(tables: readonly string[]): Promise<void> {
    const { signal } = new AbortController()
    const short = { ...settings, timeoutMs: DROP_MS }
    await inParallel(tables, WIDTH, async table => {
      await runQuery(short, dropTable(table), signal).catch(() => {})
    })
  }
}

const DROP_MS = 60_000

/** Of a query alone: not every form of UNLOAD takes one that begins with WITH. */
function unload({ sql }: Query, address: string): string {
  return `UNLOAD (SELECT * FROM (${sql}) AS made) TO '${address}/' WITH (format = 'PARQUET', compression = 'SNAPPY')`
}
