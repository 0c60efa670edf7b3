import { readdir } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { pathInstant } from '../../../core/data/time.ts'
import { rawFolder } from '../../../core/lake/lake-paths.ts'
import { createRefine } from '../../../steps/batch/refine/refine.ts'
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
} from '../../steps/batch/batch-kit.ts'
import { portsOf, runBatch } from '../../steps/batch/batch-run.ts'
import { orReason } from '../downloads.ts'
import { childrenReading } from './children.ts'
import { sparkHere } from './spark-here.ts'

/** Runs of the batch layer in which an epoch is larger than what DuckDB may take on. */

const spark = await orReason('Spark', sparkHere)
const metrics = [orders, kept, large, visits]
const pipeline = pipelineOf(metrics)
/** Bytes: between what the first epoch has of visits and of orders. */
const LIMIT = 40_000

describe.skipIf('reason' in spark)('an epoch above the limit', () => {
  let world: World

  beforeEach(async () => {
    if ('reason' in spark) return
    world = await createWorld(pipeline, {}, { largestEpoch: LIMIT, spark })
    // The first epoch has orders beyond the limit; the second repeats some of them, and has few of its own.
    await world.send(T0, someEvents(1, 400))
    await world.redeliver(T0, order.type)
    await world.send(T0 + EPOCH, [...someEvents(1, 20), ...someEvents(2, 20)])
    world.clock = T0 + 2 * EPOCH
  })
  afterEach(() => world?.dispose())

  const aside = () => readdir(world.file('.aside'))

  test('is computed by Spark, by itself, and what is published is what DuckDB publishes', async () => {
    const bytes = async (type: string) =>
      (await world.lake.list(rawFolder(type, T0))).reduce((n, object) => n + object.bytes, 0)
    expect(await bytes(order.type)).toBeGreaterThan(LIMIT)
    expect(await bytes(visit.type)).toBeLessThan(LIMIT)
    const reports = await runBatch(portsOf(world, pipeline))
    const bySpark = await visibleState(world, pipeline)
    for (const metric of metrics)
      expect(bySpark.views[metric.name]?.partials).toEqual(expectedViews(world, metric, T0 + EPOCH))
    expect(world.mismatches).toEqual([])

    const merged = JSON.stringify(reports)
    expect(merged).toContain(`"engine":{"${order.type}":"spark: `)
    expect(merged).not.toContain(`"${visit.type}":"spark`)
    for (const { name } of [orders, kept, large])
      expect(merged).toMatch(new RegExp(`"engine":\\{"${name}[^"]*":"spark: [\\d.]+ MB above 0.04 MB"`))
    expect(await aside()).toEqual([])

    const byDuckdb = await publishedByDuckdb()
    expect(bySpark.views).toEqual(byDuckdb.views)
    expect(bySpark.tables).toEqual(byDuckdb.tables)
  })

  async function publishedByDuckdb() {
    const other = await createWorld(pipeline)
    try {
      await other.send(T0, someEvents(1, 400))
      await other.redeliver(T0, order.type)
      await other.send(T0 + EPOCH, [...someEvents(1, 20), ...someEvents(2, 20)])
      other.clock = T0 + 2 * EPOCH
      await runBatch(portsOf(other, pipeline))
      return await visibleState(other, pipeline)
    } finally {
      await other.dispose()
    }
  }

  test('is tried again when its Spark dies in the middle, of which nothing is left', async () => {
    const refine = createRefine(portsOf(world, pipeline))
    const refining = refine({ type: order.type, epoch: T0 }).then(
      () => undefined,
      (error: unknown) => error,
    )
    process.kill(await childOf(world), 'SIGKILL')
    expect(await refining).toMatchObject({ code: 'unavailable', retryable: true })
    expect(await aside()).toEqual([])
    expect(await world.lake.list('curated')).toEqual([])
    expect(await world.lake.list('staged')).toEqual([])
    const again = await refine({ type: order.type, epoch: T0 })
    expect(again.curated).toBeGreaterThan(0)
    expect(again.redelivered).toBeGreaterThan(0)
    expect(Object.keys(again.report['epochs'] as object)).toEqual([pathInstant(T0)])
  })
})

/** The Java that reads this world's script. */
async function childOf(world: World): Promise<number> {
  for (let tries = 0; tries < 300; tries++) {
    const [pid] = await childrenReading(world.file('.aside'))
    if (pid !== undefined) return pid
    await sleep(100)
  }
  throw new Error('no Spark came up')
}
