import { expect, test } from 'vitest'
import { curatedFolder, partialsFolder } from '../../../core/lake/lake-paths.ts'
import type { HeavyEngine } from '../../../core/ports/heavy-engine.ts'
import { query } from '../../../core/sql/query.ts'
import { sparkLakeDialect } from '../../../core/sql/spark/lake.ts'
import { createAggregate } from '../../../steps/batch/aggregate.ts'
import { createCommit } from '../../../steps/batch/commit.ts'
import { createPublish } from '../../../steps/batch/publish.ts'
import { partialsAt, settle } from '../../../steps/batch/settle.ts'
import { createWorld, EPOCH, large, pipelineOf, someEvents, T0, type World } from './batch-kit.ts'
import { type BatchPorts, portsOf, runBatch } from './batch-run.ts'

const pipeline = pipelineOf([large])
const metric = pipeline.metrics[0]!.id

/** What an engine for larger epochs says whose statements have no rows: no file at all. */
const findsNothing = {
  ...{ name: 'nothing', limits: { largestEpoch: Number.POSITIVE_INFINITY } },
  dialect: sparkLakeDialect('/nowhere'),
  run: (statements, work) => work(statements.map(() => [])),
} satisfies Partial<HeavyEngine> as unknown as HeavyEngine

/** Publishes an epoch, and then computes it again. Answers the rows of its partials after that. */
async function computedAgain(change: (world: World, ports: BatchPorts) => Promise<BatchPorts>) {
  const world = await createWorld(pipeline)
  try {
    await world.send(T0, someEvents(0))
    world.clock = T0 + EPOCH
    await runBatch(portsOf(world, pipeline))
    const before = await rowsOf(world)
    const ports = await change(world, portsOf(world, pipeline))
    const work = { metric, epoch: T0, mode: 'recompute' } as const
    await createAggregate(ports)(work)
    await createPublish(ports)({ ...work, run: 'again' })
    await createCommit(ports)({
      epoch: T0,
      mode: 'recompute',
      types: [],
      metrics: [work],
      run: 'again',
    } as never)
    await settle(ports, metric)
    return { before, after: await rowsOf(world) }
  } finally {
    await world.dispose()
  }
}

async function rowsOf({ lake, engine }: World): Promise<number> {
  const partials = await partialsAt(lake, { kind: 'partials', metric, epoch: T0 })
  if (partials === undefined) return 0
  return engine.session(async session => {
    const [row] = await session.rows(query`SELECT count(*) AS n FROM ${engine.dialect.scan([partials])} AS p`)
    return Number(row?.['n'])
  })
}

test('an epoch that a larger engine finds nothing in any more keeps none of its partials', async () => {
  const { before, after } = await computedAgain(async (_, ports) => ({
    ...ports,
    engine: { ...ports.engine, limits: { largestEpoch: 1 } },
    heavy: [findsNothing],
  }))
  expect([before > 0, after]).toEqual([true, 0])
})

test('nor does one that has no curated rows any more', async () => {
  const { before, after } = await computedAgain(async (world, ports) => {
    await world.lake.remove(curatedFolder(large.type, T0))
    return ports
  })
  expect([before > 0, after]).toEqual([true, 0])
})

test('a metric without events has no objects in the lake', async () => {
  const world = await createWorld(pipeline)
  await world.send(T0, [])
  world.clock = T0 + EPOCH
  await runBatch(portsOf(world, pipeline))
  expect(await world.lake.list(partialsFolder(metric, T0))).toEqual([])
  await world.dispose()
})
