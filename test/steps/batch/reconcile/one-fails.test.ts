import { expect, test } from 'vitest'
import { TributaryError } from '../../../../core/errors.ts'
import type { OpenEpoch } from '../../../../core/ports/views.ts'
import { openByKeys } from '../../../../steps/batch/reconcile/epoch-keys.ts'
import { createWorld, EPOCH, large, orders, pipelineOf, someEvents, T0, visits } from '../batch-kit.ts'
import { portsOf, type Report, runBatch } from '../batch-run.ts'

/** Its id begins as that of a type's tally does. */
const tally = { ...large, name: 'tally' }
const pipeline = pipelineOf([orders, tally, visits])
const idOf = (name: string) => pipeline.metrics.find(metric => metric.name === name)!.id

/** A run in which reading the real-time items of these metrics takes too long. */
async function reconciled(slow: readonly string[]) {
  const world = await createWorld(pipeline)
  await world.send(T0, someEvents(0))
  world.clock = T0 + EPOCH
  const openEpoch: OpenEpoch = async (metric, epoch) => {
    if (slow.includes(metric)) throw new TributaryError('timeout', 'the table did not answer in time')
    return openByKeys(world.speed)(metric, epoch)
  }
  const ran = await runBatch({ ...portsOf(world, pipeline), openEpoch } as never).catch(
    (error: unknown) => error,
  )
  const [failure, reports] = Array.isArray(ran) ? [undefined, ran] : [ran, []]
  const held = (await world.holds.list()).map(({ id, code, detail }) => ({ id, code, detail }))
  const published: string[] = []
  for (const { id } of pipeline.metrics)
    if ((await world.batch.boundary(id)) !== undefined) published.push(id)
  await world.dispose()
  return { failure, held, published, failed: failedIn(reports) }
}

/** Metrics that reports say could not be compared. */
function failedIn(reports: readonly Report[]): readonly string[] {
  const epochs = reports.flatMap(({ epochs }) => Object.values((epochs ?? {}) as Record<string, Report>))
  const metrics = epochs.flatMap(each => Object.entries((each['reconciliation'] as never)?.['metrics'] ?? {}))
  return metrics.flatMap(([id, said]) => (said === 'failed' ? [id] : []))
}

test('a metric whose real-time items cannot be read in time is held with that, and the others are published', async () => {
  const slow = idOf(orders.name)
  const { held, published } = await reconciled([slow])
  expect(held).toEqual([{ id: slow, code: 'timeout', detail: 'the table did not answer in time' }])
  expect(published).toEqual(pipeline.metrics.map(({ id }) => id).filter(id => id !== slow))
})

test('a metric that is called tally is one', async () => {
  const slow = idOf(tally.name)
  const { held, published, failed } = await reconciled([slow])
  expect(held).toMatchObject([{ id: slow, code: 'timeout' }])
  expect(published).toEqual(pipeline.metrics.map(({ id }) => id).filter(id => id !== slow))
  expect(failed).toEqual([slow])
})

test('where none can be read the task fails, and is done again', async () => {
  const { failure, held, published } = await reconciled(pipeline.metrics.map(({ id }) => id))
  expect(failure).toMatchObject({ code: 'timeout' })
  expect([held, published]).toEqual([[], []])
})
