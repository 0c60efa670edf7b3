import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import {
  createWorld,
  EPOCH,
  expectedViews,
  iso,
  large,
  order,
  orders,
  pipelineOf,
  someEvents,
  T0,
  visibleState,
  visits,
  type World,
} from './batch-kit.ts'
import { portsOf, runBackfill, runBatch } from './batch-run.ts'

/** Epochs of two days, with events of the day before, and of years before, among them. */

const pipeline = pipelineOf([orders, large, visits])
const DAY = 24 * EPOCH
const EPOCHS = [T0, T0 + DAY - EPOCH, T0 + DAY, T0 + DAY + EPOCH]

let world: World
beforeEach(async () => {
  world = await createWorld(pipeline)
  for (const [i, epoch] of EPOCHS.entries()) {
    await world.send(epoch, someEvents(i))
    await buy(epoch, `${epoch}-early`, T0 - 900 * DAY)
  }
  world.clock = T0 + DAY + 2 * EPOCH
  await runBatch(portsOf(world, pipeline))
})
afterEach(() => world.dispose())

const buy = (epoch: number, id: string, time: number) =>
  world.send(epoch, [
    { type: order.type, id, time: iso(time), data: { customer: 1, country: 'de', amount: 60 } },
  ])

/** An event of another day and one of the epoch's own come late, and the epoch is computed again. */
async function again(run: string): Promise<void> {
  await buy(EPOCHS[1]!, `${run}-early`, T0 - 900 * DAY)
  await buy(EPOCHS[1]!, `${run}-now`, EPOCHS[1]!)
  const range = { from: iso(EPOCHS[1]!), to: iso(EPOCHS[1]! + EPOCH) }
  await runBackfill(portsOf(world, pipeline), range, run)
  world.received.sort((a, b) => a.epoch - b.epoch)
  const { views } = await visibleState(world, pipeline)
  for (const metric of [orders, large, visits])
    expect(views[metric.name]!.partials).toEqual(expectedViews(world, metric, world.clock))
}

describe('an epoch that is computed again', () => {
  test('is combined with every other epoch that has windows of its days, however late', () =>
    again('again-1'))

  test('reads the partials of those alone', async () => {
    const read: string[] = []
    const list = async (folder: string) => {
      if (folder.startsWith('partials/')) read.push(folder)
      return world.lake.list(folder)
    }
    await buy(EPOCHS[1]!, 'once-more', EPOCHS[1]!)
    const range = { from: iso(EPOCHS[1]!), to: iso(EPOCHS[1]! + EPOCH) }
    await runBackfill({ ...portsOf(world, pipeline), lake: { ...world.lake, list } }, range)
    const ofLarge = read.filter(folder => folder.includes('large_orders')).map(folder => folder.slice(-16))
    expect(ofLarge).not.toContain('20261102T010000Z')
    expect(ofLarge).toContain('20261101T000000Z')
  })

  test('of a lake of an earlier version is combined with all, once, and marks them', async () => {
    await world.lake.remove('windows')
    await again('again-1')
    expect((await world.lake.list('windows')).length).toBeGreaterThan(3)
    await again('again-2')
  })

  test('that counts what it counted before writes nothing', async () => {
    const range = { from: iso(T0), to: iso(world.clock) }
    const writes: number[] = []
    const batch = {
      ...world.batch,
      write: async (...of: Parameters<typeof world.batch.write>) => void writes.push(of[2].length),
    }
    await runBackfill({ ...portsOf(world, pipeline), batch: { ...world.batch, ...batch } }, range)
    expect(writes).toEqual([])
  })
})
