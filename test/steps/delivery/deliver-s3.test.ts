import { createHash } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createDeliverMetric } from '../../../steps/delivery/deliver.ts'
import { AS_DECLARED } from '../../../steps/delivery/delivery.ts'
import { type Bucket, openBucket, openLake } from '../../drivers/lake/s3/kit.ts'
import { describeOnMinistack } from '../../engines/ministack.ts'
import { createWorld, EPOCH, orders, pipelineOf, someEvents, T0, type World } from '../batch/batch-kit.ts'
import { portsOf, runBatch } from '../batch/batch-run.ts'

const pipeline = pipelineOf([orders])

describeOnMinistack('a delivery into S3', ['s3'], ministack => {
  let world: World
  let bucket: Bucket
  beforeAll(async () => {
    world = await createWorld(pipeline)
    bucket = await openBucket(ministack)
    await world.send(T0, someEvents(0))
    world.clock = T0 + EPOCH
    await runBatch(portsOf(world, pipeline))
  })
  afterAll(async () => {
    await bucket.dispose()
    await world.dispose()
  })

  test('is what the folder of one machine gets, also when it is done again', async () => {
    const work = { metric: pipeline.metrics[0]!.id, delivery: { ...AS_DECLARED, month: '2026-10' } }
    const here = await createDeliverMetric(portsOf(world, pipeline))(work)
    const { lake, engine, close } = await openLake(bucket)
    const deliver = createDeliverMetric({ ...portsOf(world, pipeline), lake, engine })
    await deliver(work)
    const there = await deliver(work)
    expect(there).toEqual(here)
    for (const { path, sha256 } of [there.csv, there.parquet]) {
      const bytes = await bucket.objects.get(path)
      expect(createHash('sha256').update(bytes!).digest('hex')).toBe(sha256)
    }
    close()
  })
})
