import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { tallyId } from '../../../core/cells/tally.ts'
import { curatedFolder, partialsFolder, staged } from '../../../core/lake/lake-paths.ts'
import { query } from '../../../core/sql/query.ts'
import {
  createWorld,
  EPOCH,
  expectedViews,
  iso,
  large,
  order,
  orders,
  pipelineOf,
  someEvents,
  T0,
  visibleState,
  visits,
  type World,
} from './batch-kit.ts'
import { type BatchPorts, portsOf, runBackfill, runBatch } from './batch-run.ts'
import { installDuckdb, verified } from './certify/kit.ts'

/**
 * What somebody, or a disk, does to the data between two states of a run or after it: it is caught or healed,
 * and the report says what. An event that is missing in the raw lake: short.test.ts; a run that ends between
 * any two calls: kill.test.ts; raw lines that come after their epoch was published: late.test.ts.
 */

const pipeline = pipelineOf([orders, large, visits])
const duckdb = await installDuckdb()
const METRIC = pipeline.metrics.find(({ name }) => name === orders.name)!

let world: World
beforeEach(async () => {
  world = await createWorld(pipeline)
  await world.send(T0, someEvents(0))
  world.clock = T0 + EPOCH
})
afterEach(() => world.dispose())

const boundaryOf = async (id: string) => (await world.batch.boundary(id))?.epoch

async function expectExact(through: number): Promise<void> {
  const { views } = await visibleState(world, pipeline)
  for (const metric of [orders, large, visits])
    expect(views[metric.name]!.partials, metric.name).toEqual(expectedViews(world, metric, through))
}

/** Writes the only object of a folder anew, with other rows. */
async function alter(folder: string, rows: string): Promise<string> {
  const [{ path } = { path: '' }] = await world.lake.list(folder)
  const file = world.file(path)
  await world.engine.session(async session => {
    await session.execute(query`CREATE TEMP TABLE kept AS FROM read_parquet('${file}')`)
    await session.execute(query`COPY (${rows}) TO '${file}' (FORMAT parquet)`)
  })
  return path
}

const DOUBLED = 'FROM kept UNION ALL (FROM kept LIMIT 1)'
const COUNTED_ONCE_MORE = `SELECT * REPLACE (CASE WHEN rowid = 0 THEN (count::BIGINT + 1)::VARCHAR ELSE count END AS count) FROM kept`

/** Ports that alter a folder right before, or right after, it takes the place of another. */
function altering(when: 'before' | 'after', target: string, rows: string): BatchPorts {
  const ports = portsOf(world, pipeline)
  let isDone = false
  return {
    ...ports,
    lake: {
      ...world.lake,
      async replace(folder, to) {
        const isIt = to === target && !isDone
        if (isIt) isDone = true
        if (isIt && when === 'before') await alter(folder, rows)
        await world.lake.replace(folder, to)
        if (isIt && when === 'after') await alter(to, rows)
      },
    },
  }
}

describe('a curated event that is doubled', () => {
  test('after it was written ends the run at the file, and the next run makes it anew', async () => {
    const ports = altering('after', curatedFolder(order.type, T0), DOUBLED)
    await expect(runBatch(ports)).rejects.toMatchObject({
      name: 'corrupt_data',
      message: expect.stringContaining(`${curatedFolder(order.type, T0)}/`),
    })
    expect(await boundaryOf(tallyId(order.type))).toBeUndefined()
    await runBatch(portsOf(world, pipeline), 'run-2')
    await expectExact(T0)
  })

  test('before its checksum is known holds its metrics, with the group that differs', async () => {
    await runBatch(altering('before', curatedFolder(order.type, T0), DOUBLED))
    expect(world.mismatches).toHaveLength(1)
    expect(world.mismatches[0]!.metrics[METRIC.id]).toMatchObject({ different: 1 })
    const held = (await world.holds.list()).find(({ id }) => id === METRIC.id)
    expect(held).toMatchObject({ epoch: T0, code: 'reconciliation_mismatch', keys: [expect.any(String)] })
    expect(await boundaryOf(METRIC.id)).toBeUndefined()
    expect(await boundaryOf(pipeline.metrics.find(({ name }) => name === visits.name)!.id)).toBe(T0)
  })

  test.skipIf('reason' in duckdb)('once it is published is named by whoever computes it again', async () => {
    await runBatch(portsOf(world, pipeline))
    const path = await alter(curatedFolder(order.type, T0), DOUBLED)
    const python = 'python' in duckdb ? duckdb.python : ''
    expect(await verified(world, python)).toContain(`${order.type}: ${path} is gone, or not what it was`)
  })
})

describe('a partial that is altered', () => {
  test('before it is compared holds its metric, with its key; the others go on', async () => {
    const ports = portsOf(world, pipeline)
    const folder = staged(partialsFolder(METRIC.id, T0))
    const session: typeof ports.engine.session = work =>
      world.engine.session(each =>
        work({
          ...each,
          async write(rows, path, format) {
            const written = await each.write(rows, path, format)
            if (path.startsWith(folder)) await alter(folder, COUNTED_ONCE_MORE)
            return written
          },
        }),
      )
    await runBatch({ ...ports, engine: { ...world.engine, session } })
    expect(world.mismatches[0]!.metrics[METRIC.id]).toMatchObject({ different: 1 })
    expect(await boundaryOf(METRIC.id)).toBeUndefined()
    expect(await boundaryOf(pipeline.metrics.find(({ name }) => name === large.name)!.id)).toBe(T0)
  })

  test('once it is published ends the backfill that reads it at the file, and changes no number', async () => {
    await runBatch(portsOf(world, pipeline))
    const path = await alter(partialsFolder(METRIC.id, T0), COUNTED_ONCE_MORE)
    const range = { from: iso(T0), to: iso(T0 + EPOCH) }
    await expect(runBackfill(portsOf(world, pipeline), range)).rejects.toMatchObject({
      name: 'corrupt_data',
      message: expect.stringContaining(path),
    })
    await expectExact(T0)
  })
})

test('an epoch whose raw data comes three days late is waited for, and then whole, with those behind it', async () => {
  await world.send(T0 + EPOCH, someEvents(1))
  await world.send(T0 + 2 * EPOCH, someEvents(2))
  world.withholdRaw(T0 + EPOCH, true)
  world.clock = T0 + 72 * EPOCH
  for (const run of ['run-1', 'run-2']) await runBatch(portsOf(world, pipeline), run)
  await expectExact(T0)
  expect(await boundaryOf(tallyId(order.type))).toBe(T0)
  world.withholdRaw(T0 + EPOCH, false)
  await runBatch(portsOf(world, pipeline), 'run-3')
  await expectExact(T0 + 2 * EPOCH)
  expect(world.mismatches).toEqual([])
})

test('raw lines that were delivered twice count once, and the report says how many they were', async () => {
  await world.redeliver(T0, order.type)
  const reports = await runBatch(portsOf(world, pipeline))
  await expectExact(T0)
  expect(JSON.stringify(reports)).toMatch(/"redelivered":[1-9]/)
})
