import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { tallyId } from '../../../core/cells/tally.ts'
import { openJdbcCatalog } from '../../../drivers/catalog/jdbc/jdbc.ts'
import type { EmbeddedPostgres } from '../../../drivers/warehouse/embedded-postgres/embedded-postgres.ts'
import { createKeepTables } from '../../../steps/tables/keep-tables.ts'
import type { TablePorts } from '../../../steps/tables/table-head.ts'
import { markForTable, tableMarks } from '../../../steps/tables/table-marks.ts'
import { openServer, removeFolder, temporaryFolder } from '../../drivers/warehouse/server.ts'
import {
  buy,
  createWorld,
  EPOCH,
  iso,
  order,
  orders,
  pipelineOf,
  T0,
  type World,
} from '../batch/batch-kit.ts'
import { portsOf, runBatch } from '../batch/batch-run.ts'
import { type ChildWork, PHASES } from './killed-child.ts'
import { filesOf, metadataOf, tablesOf } from './tables-kit.ts'

/** A process that is killed with kill -9 in each phase of a commit, and the table then: on a real catalog. */

const pipeline = pipelineOf([orders])
let world: World
let folder: string
let server: EmbeddedPostgres

beforeAll(async () => {
  folder = await temporaryFolder()
  ;[world, server] = await Promise.all([createWorld(pipeline), openServer(folder)])
  for (const n of [0, 1]) {
    await world.send(T0 + n * EPOCH, [buy(`a${n}`), buy(`b${n}`), buy(`c${n}`)])
    world.clock = T0 + (n + 1) * EPOCH
    await runBatch(portsOf(world, pipeline), `run-${n}`)
  }
}, 120_000)

afterAll(async () => {
  await server?.stop()
  await world?.dispose()
  await removeFolder(folder)
})

/** Rows by epoch of every snapshot, each of whose files is there. */
async function shown(tables: TablePorts) {
  const { snapshots } = await metadataOf(tables)
  const rows = []
  for (const snapshot of snapshots!) {
    const files = await filesOf(tables, snapshot)
    for (const { path } of files) expect((await stat(path)).size).toBeGreaterThan(0)
    rows.push(files.map(file => `${iso(file.epoch)} ${file.rows}`).sort())
  }
  return { rows, runs: snapshots!.map(({ summary }) => summary['tributary.run']) }
}

const FIRST = [`${iso(T0)} 3`]
const BOTH = [...FIRST, `${iso(T0 + EPOCH)} 3`]

test.each(PHASES.map((phase, at) => [phase, at] as const))(
  'killed when %s, a table is readable, and the next run makes it what it would be',
  { timeout: 60_000 },
  async (phase, at) => {
    const catalog = openJdbcCatalog({ url: server.url, schema: 'public', name: `killed_${at}` })
    const tables = tablesOf(world, catalog)
    const boundary = (await world.batch.boundary(tallyId(order.type)))!
    const bring = (through: number) =>
      createKeepTables({
        ...{ ...portsOf(world, pipeline), tables },
        batch: {
          boundary: async () => ({ ...boundary, epoch: through, run: `run-${through === T0 ? 0 : 1}` }),
        },
      })({ run: 'now', isFirst: true })
    await bring(T0)
    const mark = { owner: `type=${order.type}`, epoch: T0 + EPOCH, run: 'run-1' }
    await markForTable(world.lake, mark)
    expect(
      await child({ lake: world.file(''), url: server.url, catalog: `killed_${at}`, phase, boundary }),
    ).toBe('SIGKILL')
    const seen = await shown(tables)
    const isCommitted = at >= PHASES.indexOf('the catalog names it')
    expect(seen.rows).toEqual(isCommitted ? [FIRST, BOTH] : [FIRST])
    expect(await tableMarks(world.lake)).toEqual(phase === 'the mark is removed' ? [] : [mark])
    await bring(T0 + EPOCH)
    expect(await shown(tables)).toEqual({ rows: [FIRST, BOTH], runs: ['run-0', 'run-1'] })
    expect(await tableMarks(world.lake)).toEqual([])
    await catalog.close()
  },
)

/** The signal that a child ends by. */
async function child(work: ChildWork): Promise<NodeJS.Signals | null> {
  const script = join(import.meta.dirname, 'killed-child.ts')
  const running = spawn(process.execPath, [script, JSON.stringify(work)], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const [, signal] = (await once(running, 'exit', { signal: AbortSignal.timeout(50_000) })) as [
    number | null,
    NodeJS.Signals | null,
  ]
  return signal
}
