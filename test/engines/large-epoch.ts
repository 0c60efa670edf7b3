import { expect } from 'vitest'
import { rawFolder } from '../../core/lake/lake-paths.ts'
import {
  createWorld,
  EPOCH,
  expectedViews,
  kept,
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
} from '../steps/batch/batch-kit.ts'
import { portsOf, runBatch } from '../steps/batch/batch-run.ts'

/** An epoch of a batch that is larger than what DuckDB may take on, and one that is not. */

const metrics = [orders, kept, large, visits]
export const pipeline = pipelineOf(metrics)
/** Bytes: between what the first epoch has of visits and of orders. */
export const LIMIT = 40_000

/** The first epoch has orders beyond the limit; the second repeats some of them, and has few of its own. */
export async function sendTwoEpochs(world: World): Promise<void> {
  await world.send(T0, someEvents(1, 400))
  await world.redeliver(T0, order.type)
  await world.send(T0 + EPOCH, [...someEvents(1, 20), ...someEvents(2, 20)])
  world.clock = T0 + 2 * EPOCH
}

/** Runs a batch; an engine of this name computes what is large, and it is published as DuckDB would. */
export async function expectPublishedBy(name: string, world: World): Promise<void> {
  const bytes = async (type: string) =>
    (await world.lake.list(rawFolder(type, T0))).reduce((n, object) => n + object.bytes, 0)
  expect(await bytes(order.type)).toBeGreaterThan(LIMIT)
  expect(await bytes(visit.type)).toBeLessThan(LIMIT)
  const reports = JSON.stringify(await runBatch(portsOf(world, pipeline)))
  const made = await visibleState(world, pipeline)
  for (const metric of metrics)
    expect(made.views[metric.name]?.partials).toEqual(expectedViews(world, metric, T0 + EPOCH))
  expect(world.mismatches).toEqual([])
  expect(reports).toContain(`"engine":{"${order.type}":"${name}: `)
  expect(reports).not.toContain(`"${visit.type}":"${name}`)
  for (const metric of [orders, kept, large])
    expect(reports).toMatch(
      new RegExp(`"engine":\\{"${metric.name}[^"]*":"${name}: [\\d.]+ MB above 0.04 MB"`),
    )
  const byDuckdb = await publishedByDuckdb()
  expect(made.views).toEqual(byDuckdb.views)
  expect(made.tables).toEqual(byDuckdb.tables)
}

async function publishedByDuckdb() {
  const world = await createWorld(pipeline)
  try {
    await sendTwoEpochs(world)
    await runBatch(portsOf(world, pipeline))
    return await visibleState(world, pipeline)
  } finally {
    await world.dispose()
  }
}
