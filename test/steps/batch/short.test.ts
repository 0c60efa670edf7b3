import { readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { tallyId } from '../../../core/cells/tally.ts'
import { rawFolder } from '../../../core/lake/lake-paths.ts'
import type { EpochLedger } from '../../../core/ports/ledger.ts'
import { createAwaitRaw } from '../../../steps/batch/await-raw.ts'
import { markDue } from '../../../steps/batch/marks/due-marks.ts'
import {
  createWorld,
  EPOCH,
  expectedViews,
  large,
  order,
  orders,
  pipelineOf,
  someEvents,
  T0,
  visibleState,
  visit,
  visits,
  type World,
} from './batch-kit.ts'
import { portsOf, runBatch } from './batch-run.ts'

/** Raw data that is lost on its way, of one type; the ledger counts what is delivered, as it does on AWS. */

const pipeline = pipelineOf([orders, large, visits])
const idOf = (name: string) => pipeline.metrics.find(metric => metric.name === name)!.id

let world: World
/** Lost events, by epoch and type. */
let lost: Map<number, Record<string, number>>
beforeEach(async () => {
  world = await createWorld(pipeline)
  lost = new Map()
  for (const i of [0, 1, 2]) await world.send(T0 + i * EPOCH, someEvents(i))
  world.clock = T0 + 3 * EPOCH + EPOCH / 2
})
afterEach(() => world.dispose())

const through = async (id: string) => (await world.batch.boundary(id))?.epoch
const ports = () => ({
  ...portsOf(world, pipeline),
  ledger: { epochs: world.ledger.epochs, epoch: async (epoch: number) => counted(epoch) },
  warehouse: undefined as never,
  holdsShort: true,
})
async function counted(epoch: number): Promise<EpochLedger> {
  const entry = await world.ledger.epoch(epoch)
  const short = lost.get(epoch) ?? {}
  return { ...entry, counts: 'at least', short, rawComplete: entry.closed && Object.keys(short).length === 0 }
}

/** Takes the raw file of a type and epoch; answers how it comes back. */
async function lose(type: string, epoch: number): Promise<() => Promise<void>> {
  const { accepted } = await world.ledger.epoch(epoch)
  const [first] = await world.lake.list(rawFolder(type, epoch))
  const [file, all] = [world.file(first!.path), await readFile(world.file(first!.path), 'utf8')]
  const kept = all.split('\n').slice(3).join('\n')
  lost.set(epoch, { [type]: Math.min(3, accepted[type]!) })
  await writeFile(file, kept)
  return async () => {
    lost.delete(epoch)
    await rm(file)
    await writeFile(join(dirname(file), 'restored-20261101T040000Z-0.jsonl'), all)
  }
}

async function exact(metric: typeof large): Promise<void> {
  const { views } = await visibleState(world, pipeline)
  expect(views[metric.name]!.partials).toEqual(expectedViews(world, metric, T0 + 2 * EPOCH))
}

describe('a type whose raw data was lost on its way', () => {
  test('is held at that epoch with both remedies; the other types go on, in each run', async () => {
    await lose(order.type, T0 + EPOCH)
    for (const run of ['run-1', 'run-2']) await runBatch(ports(), run)
    expect(await through(tallyId(order.type))).toBe(T0)
    expect(await through(idOf(orders.name))).toBe(T0)
    for (const id of [tallyId(visit.type), idOf(visits.name)]) expect(await through(id)).toBe(T0 + 2 * EPOCH)
    await exact(visits)
    expect(await world.holds.list()).toMatchObject([
      {
        ...{ id: tallyId(order.type), epoch: T0 + EPOCH, code: 'raw_incomplete', run: 'run-2' },
        detail: expect.stringMatching(
          /^3 events of .* are not in the raw lake: run the machine restore-raw.*acceptLoss/,
        ),
      },
    ])
  })

  test('goes on by itself when the raw data is there after all', async () => {
    const restore = await lose(order.type, T0 + EPOCH)
    await runBatch(ports(), 'run-1')
    await restore()
    await runBatch(ports(), 'run-2')
    expect(await world.holds.list()).toEqual([])
    for (const metric of [orders, large, visits]) await exact(metric)
  })

  test('goes on without it when an operator accepts the loss, which the report and a record name', async () => {
    await lose(order.type, T0 + EPOCH)
    await runBatch(ports(), 'run-1')
    const reports = await runBatch(ports(), 'run-2', [], undefined, [order.type])
    expect(await world.holds.list()).toEqual([])
    expect(await through(tallyId(order.type))).toBe(T0 + 2 * EPOCH)
    const [loss] = reports.flatMap(({ epochs = {} }) =>
      Object.values(epochs as Record<string, { lost?: object }>).flatMap(epoch => epoch.lost ?? []),
    )
    expect(loss).toMatchObject({ [order.type]: { missing: 3 } })
    expect(JSON.stringify(reports)).toContain('received by speed 54 ≠ raw 51')
    const [record] = await world.lake.list('losses')
    expect(record!.path).toMatch(/type=com\.example\.order\/epoch=.*missing=3\.json$/)
    expect(await readFile(world.file(record!.path), 'utf8')).toContain('"run":"run-2"')
  })

  test('whose loss was accepted is computed again without asking, and is whole once the data comes', async () => {
    const restore = await lose(order.type, T0 + EPOCH)
    await runBatch(ports(), 'run-1', [], undefined, [order.type])
    await markDue(world.lake, order.type, [T0 + EPOCH])
    await runBatch(ports(), 'run-2')
    expect(await world.holds.list()).toEqual([])
    await restore()
    await markDue(world.lake, order.type, [T0 + EPOCH])
    await runBatch(ports(), 'run-3')
    for (const metric of [orders, large, visits]) await exact(metric)
  })

  test('of which raw files were removed is held too, where the ledger has counted them as delivered', async () => {
    await lose(order.type, T0 + EPOCH)
    lost.clear()
    await runBatch(ports(), 'run-1')
    expect(await through(tallyId(order.type))).toBe(T0)
    expect(await through(tallyId(visit.type))).toBe(T0 + 2 * EPOCH)
    expect(await world.holds.list()).toMatchObject([{ code: 'raw_incomplete' }])
  })

  test('of which nothing at all is left in the raw lake is not passed over', async () => {
    const { accepted } = await world.ledger.epoch(T0 + EPOCH)
    await world.lake.remove(rawFolder(order.type, T0 + EPOCH))
    lost.set(T0 + EPOCH, { [order.type]: accepted[order.type]! })
    await runBatch(ports(), 'run-1')
    expect(await through(tallyId(order.type))).toBe(T0)
  })
})

describe('waiting for raw data', () => {
  const ask = (attempt: number) => createAwaitRaw(ports())({ epoch: T0 + 2 * EPOCH, attempt })

  test('is not done for what is lost on its way; what may still come is waited for', async () => {
    lost.set(T0 + 2 * EPOCH, { [order.type]: 1 })
    expect(await ask(0)).toMatchObject({ status: 'ready' })
    world.clock = T0 + 3 * EPOCH + 600_000
    expect(await ask(0)).toMatchObject({ status: 'wait' })
    expect(await ask(50)).toMatchObject({ status: 'ready' })
  })

  test('ends the run where raw data only is late, as on one machine', async () => {
    world.withholdRaw(T0 + 2 * EPOCH, true)
    const wait = createAwaitRaw(portsOf(world, pipeline))
    expect(await wait({ epoch: T0 + 2 * EPOCH, attempt: 50 })).toMatchObject({ status: 'late' })
  })
})
