import fc from 'fast-check'
import { expect, test } from 'vitest'
import { historyOfMetric, movesOfMetric } from '../../../core/lake/history-paths.ts'
import type { AsOf } from '../../../steps/history/past-moment.ts'
import {
  buy,
  createWorld,
  EPOCH,
  iso,
  large,
  orders,
  pipelineOf,
  someEvents,
  T0,
  visits,
  type World,
} from '../batch/batch-kit.ts'
import { type BatchPorts, runBackfill, runBatch } from '../batch/batch-run.ts'
import { expectKnown, type Known, keepingPorts, known, openPast } from './history-kit.ts'

/**
 * What was known after each of some runs, recorded then, is what an answer as of it says later: over
 * sequences of epochs, late events, backfills, and runs that die at any write to lake or views.
 */

const RUNS = Number(process.env['HISTORY_RUNS'] ?? 3)

const pipeline = pipelineOf([orders, large, visits])

const step = fc.record({
  kind: fc.constantFrom('batch', 'batch', 'backfill'),
  seed: fc.integer({ min: 0, max: 50 }),
  /** How many epochs back something is found. */
  back: fc.integer({ min: 1, max: 3 }),
  /** The write at which the run dies, before it is run again; none: it does not. */
  death: fc.option(fc.integer({ min: 0, max: 60 }), { nil: undefined }),
})

class Killed extends Error {}

/** Ports that die at one write, before it where that is even, or after. */
function dying(ports: BatchPorts, at: number): BatchPorts {
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
  const { lake, batch } = ports
  return {
    ...ports,
    lake: { ...lake, put: wrap(lake.put), remove: wrap(lake.remove), replace: wrap(lake.replace) },
    batch: { ...batch, write: wrap(batch.write), moveBoundary: wrap(batch.moveBoundary) },
  }
}

type Step = (typeof step)['generate'] extends (...args: never[]) => { value: infer T } ? T : never

/** Does a step; answers the id of the run that ended. */
async function take(world: World, n: number, { kind, seed, back, death }: Step): Promise<string> {
  const epoch = T0 + n * EPOCH
  const late = epoch - back * EPOCH
  if (kind === 'batch') await world.send(epoch, someEvents(seed, 10))
  else if (late >= T0) await world.send(late, [buy(`found-${n}`)])
  world.clock = epoch + EPOCH + 1000
  const run = async (ports: BatchPorts, id: string) =>
    kind === 'batch'
      ? runBatch(ports, id)
      : runBackfill(ports, { from: iso(Math.max(late, T0)), to: iso(Math.max(late, T0) + EPOCH) }, id)
  if (death !== undefined) {
    const died = await run(dying(keepingPorts(world, pipeline), death), `dead-${n}`).catch(error => error)
    if (died instanceof Error) expect(String(died)).toMatch(/before|after/)
    world.clock += 1000
  }
  await run(keepingPorts(world, pipeline), `run-${n}`)
  // A backfill that dies leaves later epochs to the next batch.
  await runBatch(keepingPorts(world, pipeline), `after-${n}`)
  return `after-${n}`
}

test('what was known after any run is answered later, whatever came late, was found, or was killed', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 6 }), async steps => {
      const world = await createWorld(pipeline)
      try {
        const past = openPast(world, pipeline)
        await take(world, 0, { kind: 'batch', seed: 1, back: 1, death: undefined })
        const recorded: (readonly [AsOf, Known])[] = []
        for (const [i, each] of steps.entries()) {
          const run = await take(world, i + 1, each)
          past.ended(run, world.clock)
          const now = await known(past, pipeline)
          recorded.push([{ run }, now], [{ instant: world.clock }, now])
          world.clock += 1000
        }
        for (const [asOf, expected] of recorded) await expectKnown(past, expected, asOf)
        await expectBounded(world)
      } finally {
        await world.dispose()
      }
    }),
    { numRuns: RUNS },
  )
}, 600_000)

/** One object a generation, and one mark a boundary. */
async function expectBounded({ lake, batch }: World): Promise<void> {
  for (const { id } of pipeline.metrics) {
    const { generation } = (await batch.boundary(id))!
    expect((await lake.list(historyOfMetric(id))).length).toBeLessThanOrEqual(generation)
    expect(new Set(await lake.list(movesOfMetric(id))).size).toBeLessThanOrEqual(60)
  }
}
