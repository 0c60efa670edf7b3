import { expect, test } from 'vitest'
import { curatedFolder, partialsFolder } from '../../../core/lake/lake-paths.ts'
import type { HeavyEngine } from '../../../core/ports/heavy-engine.ts'
import { query } from '../../../core/sql/query.ts'
import { sparkLakeDialect } from '../../../core/sql/spark/lake.ts'
import { createAggregate } from '../../../steps/batch/aggregate.ts'
import { createCommit } from '../../../steps/batch/commit.ts'
import { curatedRows } from '../../../steps/batch/curated-rows.ts'
import { relationAt } from '../../../steps/batch/lookup.ts'
import { createPublish } from '../../../steps/batch/publish.ts'
import { createRefine } from '../../../steps/batch/refine/refine.ts'
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

test('an epoch of which a larger engine takes every event for a duplicate keeps no rows either', async () => {
  const world = await createWorld(pipeline)
  await world.send(T0, someEvents(0))
  world.clock = T0 + EPOCH
  const ports = portsOf(world, pipeline)
  await runBatch(ports)
  const curated = { kind: 'curated', type: large.type, epoch: T0 } as const
  const { raw } = await createRefine(ports)({ type: large.type, epoch: T0 })
  const counted = 'staged/counted.parquet'
  await world.engine.session(session =>
    session.write(query`SELECT ${String(raw)} AS lines, 0 AS redelivered`, counted, 'parquet'),
  )
  const allDuplicates = { ...findsNothing, run: (_, work) => work([[counted], []]) } as HeavyEngine
  const engine = { ...ports.engine, limits: { largestEpoch: 1 } }
  const refined = await createRefine({ ...ports, engine, heavy: [allDuplicates] })({
    type: large.type,
    epoch: T0,
  })
  expect(refined).toMatchObject({ raw, curated: 0, duplicates: raw })
  const left = await relationAt(world.lake, curated)
  const columns = await world.engine.session(async session => {
    const [row] = await session.rows(query`SELECT count(*) AS n FROM ${engine.dialect.scan([left])} AS c`)
    expect(Number(row?.['n'])).toBe(0)
    return curatedRows(session, engine.dialect, [], left)
  })
  expect(columns.columns).toContain('amount')
  await world.dispose()
})

test('a metric without events has no objects in the lake', async () => {
  const world = await createWorld(pipeline)
  await world.send(T0, [])
  world.clock = T0 + EPOCH
  await runBatch(portsOf(world, pipeline))
  expect(await world.lake.list(partialsFolder(metric, T0))).toEqual([])
  await world.dispose()
})
