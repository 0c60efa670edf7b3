import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { LakeFolder } from '../../../../core/ports/lake-folder.ts'
import { createSweep } from '../../../../steps/batch/retention/sweep.ts'
import {
  createWorld,
  EPOCH,
  expectedViews,
  iso,
  order,
  someEvents,
  T0,
  visibleState,
  type World,
} from '../batch-kit.ts'
import { portsOf, runBackfill, runBatch } from '../batch-run.ts'
import { batchAt, DAY, endOf, keeping, METRICS, rebuilt } from './retention-kit.ts'

const RUNS = Number(process.env['RETENTION_RUNS'] ?? 3)

/** What happens on one day. */
const day = fc.record({
  /** Events that are sent again in the next epoch, and late ones of other days, which they all have. */
  seed: fc.integer({ min: 0, max: 1000 }),
  isSentAgain: fc.boolean(),
  /** How many epochs back something is found that a backfill then counts; 0: nothing is. */
  found: fc.integer({ min: 0, max: 30 }),
  /** Calls of the lake after which the day's sweep dies, each of them tried; none: it does not. */
  deaths: fc.array(fc.integer({ min: 0, max: 40 }), { maxLength: 2 }),
})

class Killed extends Error {}

/** A lake that dies at a call that changes something: before it where that is even, or after. */
function dying(lake: LakeFolder, at: number): LakeFolder {
  let calls = 0
  const wrap =
    <A extends unknown[], R>(call: (...args: A) => Promise<R>) =>
    async (...args: A): Promise<R> => {
      const turn = calls++
      if (turn > at || (turn === at && at % 2 === 0)) throw new Killed('before')
      const result = await call(...args)
      if (turn === at) throw new Killed('after')
      return result
    }
  return { ...lake, put: wrap(lake.put), remove: wrap(lake.remove), replace: wrap(lake.replace) }
}

/** Numbers are what was counted, in the views and as the lake alone makes them. */
async function expectNumbers(world: World, pipeline: ReturnType<typeof keeping>): Promise<void> {
  const { views } = await visibleState(world, pipeline)
  const fromLake = await rebuilt(world, pipeline)
  for (const metric of METRICS) {
    const expected = expectedViews(world, metric, world.clock)
    expect(views[metric.name]!.partials, metric.name).toEqual(expected)
    expect(fromLake[metric.name], `${metric.name} from the lake`).toEqual(expected)
  }
}

test(
  'numbers are the same with and without, whatever comes late, is sent again, found later, or killed',
  async () => {
    const retentions = fc.constantFrom(
      { raw: '2d' },
      { curated: '2d' },
      { partials: '2d' },
      { raw: '2d', curated: '4d' },
      { raw: '3d', curated: '2d', partials: '2d' },
    )
    await fc.assert(
      fc.asyncProperty(retentions, fc.array(day, { minLength: 5, maxLength: 6 }), async (retention, days) => {
        const pipeline = keeping(retention)
        const world = await createWorld(pipeline)
        try {
          for (const [n, { seed, isSentAgain, found, deaths }] of days.entries()) {
            const at = T0 + n * DAY + 22 * EPOCH
            await world.send(at, someEvents(seed, 8))
            if (isSentAgain) await world.send(at + EPOCH, someEvents(seed, 8))
            world.clock = endOf(n)
            for (const death of deaths) {
              await runBatch({ ...portsOf(world, pipeline) }, `run-${n}`)
              const ports = { ...portsOf(world, pipeline), lake: dying(world.lake, death) }
              await createSweep(ports)({}).catch((error: unknown) => expect(error).toBeInstanceOf(Killed))
              await expectNumbers(world, pipeline)
            }
            await batchAt(world, pipeline, endOf(n))
            if (found > 0) await findAndBackfill(world, pipeline, at - found * EPOCH, n)
          }
          await batchAt(world, pipeline, endOf(days.length))
          await expectNumbers(world, pipeline)
        } finally {
          await world.dispose()
        }
      }),
      { numRuns: RUNS },
    )
  },
  RUNS * 200_000,
)

/** Something turns up in a published epoch; one that is kept no longer a backfill leaves out. */
async function findAndBackfill(world: World, pipeline: ReturnType<typeof keeping>, epoch: number, n: number) {
  const { computableSince, keptMarks } = await import('../../../../steps/batch/retention/kept.ts')
  const ports = portsOf(world, pipeline)
  const since = computableSince(await keptMarks(world.lake), order.type, ports)
  if (epoch < Math.max(since, T0)) {
    const [planned] = await runBackfill(ports, { from: iso(epoch), to: iso(epoch + EPOCH) }, `back-${n}`)
    const left = (planned as { leftOut?: Record<string, unknown> }).leftOut
    expect(left === undefined).toBe(since <= epoch)
    return
  }
  const data = { customer: n, country: 'de', amount: 10 + n }
  await world.send(epoch, [{ type: order.type, id: `found-${n}`, time: iso(T0), data }])
  await runBackfill(ports, { from: iso(epoch), to: iso(epoch + EPOCH) }, `back-${n}`)
  await runBatch(ports, `after-${n}`)
  await expectNumbers(world, pipeline)
}
