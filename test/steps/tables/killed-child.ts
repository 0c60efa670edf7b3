import { randomUUID } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Boundary } from '../../../core/ports/views.ts'
import { openJdbcCatalog } from '../../../drivers/catalog/jdbc/jdbc.ts'
import { openFolderLake } from '../../../drivers/compose/folder-lake.ts'
import { createFolderTableFiles } from '../../../drivers/table-files/folder.ts'
import { createKeepTables } from '../../../steps/tables/keep-tables.ts'
import { EPOCH, orders, pipelineOf } from '../batch/batch-kit.ts'

/** Brings the tables of a lake on, and kills itself in one phase of the commit of `curated.order`. */

/** Phases of a commit: what has just been done, or is done by half. */
export const PHASES = [
  'a data file is linked',
  'half of a manifest is written',
  'a manifest is written',
  'half of the list of manifests is written',
  'the list of manifests is written',
  'half of the metadata is written',
  'the metadata is written',
  'the catalog names it',
  'the mark is removed',
] as const
export type Phase = (typeof PHASES)[number]

export type ChildWork = {
  readonly lake: string
  readonly url: string
  readonly catalog: string
  readonly phase: Phase
  readonly boundary: Boundary
}

const die = () => process.kill(process.pid, 'SIGKILL')

async function work({ lake: folder, url, catalog: name, phase, boundary }: ChildWork): Promise<void> {
  const { lake, engine } = await openFolderLake({ folder, threads: 1 })
  const files = createFolderTableFiles(folder)
  const catalog = openJdbcCatalog({ url, schema: 'public', name })
  const isIt = (uri: string) => uri.includes('/curated/order/')
  const then = (done: Phase) => void (done === phase && die())
  const write = async (uri: string, bytes: Uint8Array) => {
    const what = uri.endsWith('.json')
      ? 'the metadata'
      : uri.includes('/snap-')
        ? 'the list of manifests'
        : 'a manifest'
    if (isIt(uri) && phase === `half of ${what} is written`) {
      const file = uri.slice('file://'.length)
      mkdirSync(dirname(file), { recursive: true })
      writeFileSync(file, bytes.subarray(0, bytes.length / 2))
      die()
    }
    await files.write(uri, bytes)
    if (isIt(uri)) then(`${what} is written`)
  }
  const keepTables = createKeepTables({
    ...{ pipeline: pipelineOf([orders]), engine, batch: { boundary: async () => boundary } },
    epochLength: EPOCH,
    lake: {
      ...lake,
      remove: async path => {
        await lake.remove(path)
        if (path.startsWith('table-marks/type=com.example.order')) then('the mark is removed')
      },
    },
    tables: {
      catalog: {
        ...catalog,
        commit: async (table, expected, next) => {
          const outcome = await catalog.commit(table, expected, next)
          if (isIt(next)) then('the catalog names it')
          return outcome
        },
      },
      files: {
        ...files,
        write,
        keep: async (path, into) => {
          const kept = await files.keep(path, into)
          if (isIt(kept.uri)) then('a data file is linked')
          return kept
        },
      },
      ...{ now: Date.now, newUuid: randomUUID },
    },
  })
  await keepTables({ run: 'of-the-child', isFirst: true })
}

if (process.argv[1] === import.meta.filename) await work(JSON.parse(process.argv[2]!) as ChildWork)
