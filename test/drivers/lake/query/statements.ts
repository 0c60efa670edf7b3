import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pid } from 'node:process'
import type { ErrorCode } from '../../../../core/errors.ts'
import type { OpenedTable, ResultFormat } from '../../../../core/statements/statement.ts'
import { openInstance } from '../../../../drivers/lake/duckdb/instance.ts'
import type { QueryLimits } from '../../../../drivers/lake/query/messages.ts'
import { createQueryProcess } from '../../../../drivers/lake/query/query-process.ts'

export const LIMITS: QueryLimits = { memory: 200e6, rss: 600e6, rows: 5000, bytes: 1e6 }

/** A folder with one table, `curated.trip`, and files beside it that nobody may read. */
export async function makeFiles() {
  const folder = await mkdtemp(join(tmpdir(), 'tributary-escapes-'))
  const [inside, outside] = [join(folder, 'inside.parquet'), join(folder, 'outside.parquet')]
  const instance = await openInstance({ memoryLimit: 100e6, threads: 1, spillFolder: '' })
  const connection = await instance.connect()
  await connection.run(`COPY (SELECT range AS a, 'x' || range AS b FROM range(20000)) TO '${inside}'`)
  await connection.run(`COPY (SELECT 666 AS a, 'secret' AS b) TO '${outside}'`)
  connection.closeSync()
  instance.closeSync()
  await writeFile(join(folder, 'secret.csv'), 'a,b\n666,secret\n')
  const sql = `SELECT * FROM read_parquet(['${inside}'])`
  const table: OpenedTable = { schema: 'curated', name: 'trip', files: [inside], sql, isCopied: false }
  return { folder, inside, outside, table, remove: () => rm(folder, { recursive: true }) }
}

export type Files = Awaited<ReturnType<typeof makeFiles>>

export type RunOptions = {
  readonly format?: ResultFormat
  readonly signal?: AbortSignal
  readonly timeMs?: number
}

/** Runs statements as the platform does, over that table. */
export function createRun({ folder, table }: Files) {
  return (
    sql: string,
    { format = 'json', signal = new AbortController().signal, timeMs = 20_000 }: RunOptions = {},
  ) =>
    createQueryProcess({ scratch: folder, timeMs, limits: { json: LIMITS, csv: LIMITS, parquet: LIMITS } })({
      ...{ sql, format, signal },
      open: async names =>
        names.some(({ schema, name }) => `${schema}.${name}` === 'curated.trip') ? [table] : [],
    })
}

/** How a statement ends: what it gave, or the code of its error. */
export const endOf = (work: Promise<unknown>): Promise<ErrorCode | 'an answer'> =>
  work.then(
    () => 'an answer' as const,
    (error: { readonly code: ErrorCode }) => error.code,
  )

/** Processes of statements that this one has started, by what Linux lists. */
export async function processes(): Promise<readonly number[]> {
  const ids = (await readdir('/proc')).filter(name => /^\d+$/.test(name))
  const own = ids.map(async id => {
    const [command, state] = await Promise.all(
      ['cmdline', 'stat'].map(name => readFile(`/proc/${id}/${name}`, 'utf8').catch(() => '')),
    )
    return command!.includes('query-worker') && state!.split(' ')[3] === String(pid) ? [Number(id)] : []
  })
  return (await Promise.all(own)).flat()
}
