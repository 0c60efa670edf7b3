import { readdir, writeFile } from 'node:fs/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { curatedTable } from '../../../core/lake/open-table.ts'
import { commitEpochs } from '../../../steps/tables/commit-epochs.ts'
import { removeOrphans } from '../../../steps/tables/remove-orphans.ts'
import type { TablePorts } from '../../../steps/tables/table-head.ts'
import { buy, createWorld, EPOCH, order, orders, pipelineOf, T0, type World } from '../batch/batch-kit.ts'
import { portsOf, runBatch } from '../batch/batch-run.ts'
import { filesOf, metadataOf, tablesOf } from './tables-kit.ts'

const pipeline = pipelineOf([orders])
const table = curatedTable(pipeline.latest.get(order.type)!, [order.type])
const HOUR = 3_600_000
let world: World
let tables: TablePorts
let clock: number

beforeEach(async () => {
  world = await createWorld(pipeline)
  clock = Date.parse('2026-11-02T00:00:00Z')
  tables = { ...tablesOf(world), now: () => clock }
  for (const n of [0, 1, 2]) {
    await world.send(T0 + n * EPOCH, [buy(`e${n}`)])
    world.clock = T0 + (n + 1) * EPOCH
    await runBatch(ports(), `run-${n}`)
  }
})
afterEach(() => world.dispose())

const ports = () => ({ ...portsOf(world, pipeline), tables })
const look = () => removeOrphans({ ...tables, lake: world.lake }, table)
const inFolder = async (folder: string) =>
  (await readdir(world.file(`tables/curated/order/${folder}`))).sort()

test('files that no snapshot has named for a day go, and all others stay', async () => {
  const [data, metadata] = [await inFolder('data'), await inFolder('metadata')]
  // The runs have looked once already.
  clock += 25 * HOUR
  expect(await look()).toBe(0)
  for (const path of ['data/lost.parquet', 'metadata/lost-m0.avro'])
    await writeFile(world.file(`tables/curated/order/${path}`), 'x')
  clock += 25 * HOUR
  expect(await look()).toBe(0)
  clock += 23 * HOUR
  expect(await look()).toBeUndefined()
  await writeFile(world.file('tables/curated/order/data/under-way.parquet'), 'x')
  clock += 2 * HOUR
  expect(await look()).toBe(2)
  expect(await inFolder('data')).toEqual([...data, 'under-way.parquet'].sort())
  expect(await inFolder('metadata')).toEqual(metadata)
  expect(await inFolder('unnamed')).toHaveLength(1)
  for (const snapshot of (await metadataOf(tables)).snapshots!)
    expect((await filesOf(tables, snapshot)).length).toBeGreaterThan(0)
})

test('what a table that was made anew had before goes too', async () => {
  const before = await inFolder('metadata')
  await tables.catalog.drop(table)
  await runBatch(ports(), 'run-x')
  for (const _ of [1, 2]) {
    clock += 25 * HOUR
    await look()
  }
  const after = await inFolder('metadata')
  for (const name of before) expect(after).not.toContain(name)
  expect(await inFolder('data')).toHaveLength(3)
})

test('a table of many files is looked at the more seldom the more there are', async () => {
  const epoch = T0 + 3 * EPOCH
  const instants = new Map(
    ['event_time', 'received_at', 'epoch'].map(name => [name, { from: epoch, to: epoch }]),
  )
  const parts = Array.from({ length: 9000 }, (_, i) => ({ uri: `file:///${i}`, bytes: 1, rows: 1, instants }))
  const epochs = [{ epoch, parts, columns: new Set<string>() }]
  await commitEpochs(tables, table, { epochs, run: 'run-3', through: epoch })
  clock += 71 * HOUR
  expect(await look()).toBeUndefined()
  clock += 2 * HOUR
  expect(await look()).toBe(0)
})
