import { totalmem } from 'node:os'
import { resolve } from 'node:path'
import type { WriteTable } from '../../core/api/answer-table.ts'
import { createWriteParquet } from '../lake/duckdb/parquet-file.ts'
import type { QueryLimits } from '../lake/query/messages.ts'
import { createQueryProcess } from '../lake/query/query-process.ts'
import type { EmbeddedPaths } from './embedded.ts'

/** Memory of an engine that runs a statement: an eighth of the machine's, 1 GB at most. */
const MEMORY = Math.min(1e9, totalmem() / 8)
/** Node, and what the engine does not count. */
const BESIDE = 300e6
const PROCESS = { memory: MEMORY, rss: MEMORY + BESIDE }

/** What a person looks at. */
const SHOWN: QueryLimits = { ...PROCESS, rows: 10_000, bytes: 4e6 }
/** What a person takes along: it goes through the memory of this process. */
const TAKEN: QueryLimits = { ...PROCESS, rows: 1_000_000, bytes: 32e6 }

/** With one that waits before it, an answer comes within the half minute that a request may take. */
const LONGEST_MS = 14_000

/** What runs statements of people over the lake of this machine. */
export function openLakeStatements({ scratch }: Pick<EmbeddedPaths, 'scratch'>) {
  const limits = { json: SHOWN, csv: TAKEN, parquet: TAKEN }
  return createQueryProcess({ scratch: resolve(scratch), timeMs: LONGEST_MS, limits })
}

/** What makes files of answers on this machine. */
export function openTableFiles({ scratch }: Pick<EmbeddedPaths, 'scratch'>): WriteTable {
  return createWriteParquet(resolve(scratch))
}
