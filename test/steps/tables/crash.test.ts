import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { formatInstant } from '../../../core/data/time.ts'
import { curatedTable } from '../../../core/lake/open-table.ts'
import { commitEpochs } from '../../../steps/tables/commit-epochs.ts'
import { epochFiles } from '../../../steps/tables/epoch-files.ts'
import { createKeepTables } from '../../../steps/tables/keep-tables.ts'
import type { TablePorts } from '../../../steps/tables/table-head.ts'
import { tableMarks } from '../../../steps/tables/table-marks.ts'
import { memoryCatalog } from '../../memory-catalog.ts'
import {
  buy,
  createWorld,
  EPOCH,
  iso,
  order,
  orders,
  pipelineOf,
  someEvents,
  T0,
  type World,
} from '../batch/batch-kit.ts'
import { portsOf, runBackfill, runBatch } from '../batch/batch-run.ts'
import { filesOf, metadataOf, tablesOf } from './tables-kit.ts'

/** What becomes of a table whose commit is cut off anywhere, or beside another. */

const pipeline = pipelineOf([orders])
const EPOCHS = 4

let world: World
/** Marks of published epochs that no table has yet, of a run each. */
const MARKS = ['run-0', 'run-1', 'run-2', 'run-3', 'backfill-a']

beforeAll(async () => {
  world = await createWorld(pipeline)
  const unmarked = tablesOf(world)
  // Commits leave their marks, and nobody looks for them.
  const idle = {
    ...unmarked,
    catalog: { ...unmarked.catalog, commit: async () => Promise.reject(new Error('away')) },
  }
  const ports = { ...portsOf(world, pipeline), tables: idle }
  for (let n = 0; n < EPOCHS; n++) {
    await world.send(T0 + n * EPOCH, someEvents(n, 12))
    world.clock = T0 + (n + 1) * EPOCH
    await runBatch(ports, `run-${n}`)
  }
  await world.send(T0, [buy('late')])
  await runBackfill(ports, { from: iso(T0), to: iso(T0 + EPOCH) }, 'backfill-a')
}, 120_000)
afterAll(() => world.dispose())

class Killed extends Error {}

/** The same ports, dead at call `at` of those that change something, before or after its effect. */
function deadly(tables: TablePorts, at: number) {
  let calls = 0
  const wrap =
    <A extends unknown[], R>(call: (...args: A) => Promise<R>) =>
    async (...args: A): Promise<R> => {
      if (calls > at) throw new Killed('dead already')
      const turn = calls++
      if (turn === at && at % 2 === 0) throw new Killed('before')
      const result = await call(...args)
      if (turn === at) throw new Killed('after')
      return result
    }
  const { catalog, files } = tables
  return {
    calls: () => calls,
    lake: { ...world.lake, remove: wrap(world.lake.remove), put: wrap(world.lake.put) },
    tables: {
      ...tables,
      catalog: { ...catalog, commit: wrap(catalog.commit) },
      files: { ...files, keep: wrap(files.keep), write: wrap(files.write), remove: wrap(files.remove) },
    },
  }
}

async function shown(tables: TablePorts) {
  const { snapshots, properties } = await metadataOf(tables)
  const rows = []
  for (const snapshot of snapshots!)
    rows.push(
      (await filesOf(tables, snapshot)).map(({ epoch, rows }) => `${formatInstant(epoch)} ${rows}`).sort(),
    )
  return {
    rows,
    runs: snapshots!.map(({ summary }) => `${summary['tributary.run']} ${summary['tributary.epoch']}`),
    through: properties['tributary.through'],
  }
}

describe('a table', () => {
  test('whose commit was cut off anywhere is readable, and the next run makes it what it would be', {
    timeout: 120_000,
  }, async () => {
    const marks = await tableMarks(world.lake)
    expect(new Set(marks.map(({ run }) => run))).toEqual(new Set(MARKS))
    const bring = async (ports: Partial<Parameters<typeof createKeepTables>[0]> & { tables: TablePorts }) =>
      createKeepTables({ ...portsOf(world, pipeline), ...ports })({ run: 'now', isFirst: true })
    const undisturbed = tablesOf(world)
    await bring({ tables: undisturbed })
    const expected = await shown(undisturbed)
    expect(expected.rows).toHaveLength(4)
    let at = 0
    for (; ; at++) {
      for (const { owner, epoch, run } of marks)
        await world.lake.put(`table-marks/${owner}/epoch=${pathOf(epoch)},run=${run}.mark`, [])
      const tables = tablesOf(world, memoryCatalog())
      const dead = deadly(tables, at)
      const report = await bring({ lake: dead.lake, tables: dead.tables })
      // Read by whoever comes before the next run does.
      if ((await tables.catalog.location({ namespace: 'curated', table: 'order' })) !== undefined)
        await shown(tables)
      await bring({ tables })
      expect((await shown(tables)).rows.at(-1), `killed at ${at}`).toEqual(expected.rows.at(-1))
      expect(await shown(tables), `killed at ${at}`).toEqual(expected)
      expect(await tableMarks(world.lake)).toEqual([])
      if (dead.calls() <= at) break
      expect(JSON.stringify(report)).toMatch(/before|after|dead already/)
    }
    expect(at).toBeGreaterThan(15)
  })

  test('that many write to at once has what each of them has committed', { timeout: 60_000 }, async () => {
    const tables = tablesOf(world)
    const contract = pipeline.latest.get(order.type)!
    const table = curatedTable(contract, [order.type])
    const folder = tables.files.folder(table.namespace, table.table)
    const work = await Promise.all(
      Array.from({ length: EPOCHS }, async (_, n) => ({
        epochs: [await epochFiles({ ...world, files: tables.files }, contract, T0 + n * EPOCH, folder)],
        ...{ run: `run-${n}`, through: T0 + n * EPOCH },
      })),
    )
    await Promise.all(work.map(each => commitEpochs(tables, table, each)))
    const { snapshots } = await metadataOf(tables)
    expect(snapshots!.map(({ summary }) => summary['tributary.run']).sort()).toEqual(MARKS.slice(0, 4))
    expect(snapshots!.map(snapshot => snapshot['parent-snapshot-id'])).toEqual([
      undefined,
      ...snapshots!.slice(0, -1).map(snapshot => snapshot['snapshot-id']),
    ])
    const epochs = (await filesOf(tables, snapshots!.at(-1)!)).map(({ epoch }) => epoch)
    expect([...new Set(epochs)].sort()).toEqual(Array.from({ length: EPOCHS }, (_, n) => T0 + n * EPOCH))
  })
})

const pathOf = (epoch: number) => `${iso(epoch).slice(0, 19).replaceAll(/[-:]/g, '')}Z`
