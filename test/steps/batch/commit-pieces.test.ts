import fc from 'fast-check'
import { beforeAll, expect, test } from 'vitest'
import {
  createWorld,
  EPOCH,
  iso,
  large,
  orders,
  pipelineOf,
  someEvents,
  T0,
  visibleState,
  visits,
} from './batch-kit.ts'
import { portsOf, runBackfill, runBatch } from './batch-run.ts'

const pipeline = pipelineOf([orders, large, visits])

/** What batches and a backfill of three epochs come to. */
async function state(more: { readonly commitsAtOnce?: number }, cutOffAt?: number) {
  const world = await createWorld(pipeline)
  for (const i of [0, 1, 2]) await world.send(T0 + i * EPOCH, someEvents(i))
  world.clock = T0 + 3 * EPOCH
  let moves = 0
  const moveBoundary: typeof world.batch.moveBoundary = async (metric, boundary) => {
    if (moves++ === cutOffAt) throw new Error('cut off')
    await world.batch.moveBoundary(metric, boundary)
  }
  const ports = { ...portsOf(world, pipeline), ...more, batch: { ...world.batch, moveBoundary } }
  await runBatch(ports, 'run-1').catch(() => runBatch(ports, 'run-2'))
  await runBackfill(ports, { from: iso(T0), to: iso(T0 + 3 * EPOCH) })
  const found = await visibleState(world, pipeline)
  await world.dispose()
  return found
}

let whole: Awaited<ReturnType<typeof state>>
beforeAll(async () => {
  whole = await state({})
}, 60_000)

test('a commit in pieces of any size, cut off anywhere, comes to the same as one in one piece', async () => {
  const cut = fc.option(fc.nat(14), { freq: 2, nil: undefined })
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 0, max: 3 }), cut, async (commitsAtOnce, cutOffAt) => {
      expect(await state({ commitsAtOnce }, cutOffAt)).toEqual(whole)
    }),
    { numRuns: 4 },
  )
}, 120_000)
