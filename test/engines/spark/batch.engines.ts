import { readdir } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { pathInstant } from '../../../core/data/time.ts'
import { createRefine } from '../../../steps/batch/refine/refine.ts'
import { createWorld, order, T0, type World } from '../../steps/batch/batch-kit.ts'
import { portsOf } from '../../steps/batch/batch-run.ts'
import { orReason } from '../downloads.ts'
import { expectPublishedBy, LIMIT, pipeline, sendTwoEpochs } from '../large-epoch.ts'
import { childrenReading } from './children.ts'
import { sparkHere } from './spark-here.ts'

/** Runs of the batch layer in which an epoch is larger than what DuckDB may take on. */

const spark = await orReason('Spark', sparkHere)

describe.skipIf('reason' in spark)('an epoch above the limit', () => {
  let world: World

  beforeEach(async () => {
    if ('reason' in spark) return
    world = await createWorld(pipeline, {}, { largestEpoch: LIMIT, spark })
    await sendTwoEpochs(world)
  })
  afterEach(() => world?.dispose())

  const aside = () => readdir(world.file('.aside'))

  test('is computed by Spark, by itself, and what is published is what DuckDB publishes', async () => {
    await expectPublishedBy('spark', world)
    expect(await aside()).toEqual([])
  })

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
