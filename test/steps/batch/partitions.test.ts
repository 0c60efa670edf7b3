import { afterEach, describe, expect, test } from 'vitest'
import {
  createWorld,
  EPOCH,
  expectedViews,
  iso,
  large,
  orders,
  pipelineOf,
  someEvents,
  T0,
  visibleState,
  visits,
  type World,
} from './batch-kit.ts'
import { portsOf, runBackfill, runBatch } from './batch-run.ts'

const pipeline = pipelineOf([orders, large, visits])

let world: World
afterEach(() => world.dispose())

describe('the batch layer, where the partitions of an epoch are others than before', () => {
  test('reconciles every epoch, and a backfill across the change comes to the same', async () => {
    world = await createWorld(pipeline)
    // Ids come again in every other epoch, in other partitions than they were counted in.
    for (const [i, { first, count }] of [
      { first: 0, count: 2 },
      { first: 10_000, count: 2 },
      { first: 10_002, count: 5 },
      { first: 10_002, count: 5 },
    ].entries()) {
      const events = someEvents(i % 2).map((event, at) => ({ ...event, partition: first + (at % count) }))
      await world.send(T0 + i * EPOCH, events)
    }
    world.clock = T0 + 4 * EPOCH
    await runBatch(portsOf(world, pipeline))
    expect(world.mismatches).toEqual([])
    await expectExact()
    await runBackfill(portsOf(world, pipeline), { from: iso(T0), to: iso(T0 + 4 * EPOCH) })
    expect(world.mismatches).toEqual([])
    await expectExact()
  })

  async function expectExact() {
    const { views } = await visibleState(world, pipeline)
    for (const metric of [orders, large, visits])
      expect(views[metric.name]).toEqual({
        boundary: T0 + 3 * EPOCH,
        partials: expectedViews(world, metric, T0 + 3 * EPOCH),
      })
  }
})
