import { describe, expect, test } from 'vitest'
import { formatInstant } from '../../../core/data/time.ts'
import type { LakeSession } from '../../../core/ports/lake-engine.ts'
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
import { expectCertified } from './certify/kit.ts'

/**
 * A run that ends at any call of any port, before or after its effect, and is then run again, comes to the
 * same result.
 */

const pipeline = pipelineOf([orders, large, visits])
const range = { from: iso(T0), to: iso(T0 + 2 * EPOCH) }

/** Every call takes minutes; a stride that is odd takes turns between deaths before and after the effect. */
const STRIDE = process.env['EXHAUSTIVE'] === '1' ? 1 : 7

/** Dozens of runs each, with their certificates; on a machine in use that is minutes. */
const TIMEOUT_MS = process.env['EXHAUSTIVE'] === '1' ? 3_600_000 : 400_000

class Killed extends Error {}

/** Every call of a port that changes something, with a death at call `at`. */
function deadly(ports: BatchPorts, at: number): { ports: BatchPorts; calls: () => number } {
  let calls = 0
  const wrap =
    <A extends unknown[], R>(call: (...args: A) => Promise<R>) =>
    async (...args: A): Promise<R> => {
      if (calls > at) throw new Killed('dead already')
      const turn = calls++
      if (turn === at && at % 2 === 0) throw new Killed('before')
      const result = await call(...args)
      if (turn === at) throw new Killed('after')
      return result
    }
  const { lake, engine, batch, warehouse, speed } = ports
  const session = (s: LakeSession): LakeSession => ({ ...s, execute: wrap(s.execute), write: wrap(s.write) })
  return {
    calls: () => calls,
    ports: {
      ...ports,
      engine: { ...engine, session: work => engine.session(s => work(session(s))) },
      lake: {
        ...lake,
        remove: wrap(lake.remove),
        replace: wrap(lake.replace),
        put: wrap(lake.put),
      },
      batch: { ...batch, write: wrap(batch.write), moveBoundary: wrap(batch.moveBoundary) },
      warehouse: { ...warehouse, load: wrap(warehouse.load) },
      speed: { ...speed, drop: wrap(speed.drop) },
    },
  }
}

async function published(): Promise<World> {
  const world = await createWorld(pipeline)
  await world.send(T0, someEvents(0, 24))
  world.clock = T0 + EPOCH
  await runBatch(portsOf(world, pipeline))
  return world
}

async function expectViews(world: World, through: number): Promise<void> {
  const { views } = await visibleState(world, pipeline)
  for (const metric of [orders, large, visits])
    expect(views[metric.name]!.partials, metric.name).toEqual(expectedViews(world, metric, through))
  const ids = [...pipeline.metrics.map(({ id }) => id), order.type]
  await expectCertified(
    world,
    ids.map(id => `${formatInstant(T0)} ${id}`),
  )
}

/**
 * Lets `run` die at one call after the other until it gets through, and checks after each death and rerun.
 */
async function everywhere(
  prepare: () => Promise<World>,
  run: (ports: BatchPorts) => Promise<unknown>,
  check: (world: World, at: number) => Promise<void>,
): Promise<number> {
  for (let at = 0; ; at += STRIDE) {
    const world = await prepare()
    try {
      const { ports, calls } = deadly(portsOf(world, pipeline), at)
      const outcome = await run(ports).then(
        () => 'through',
        error => error,
      )
      if (outcome !== 'through') expect(String(outcome)).toMatch(/before|after|dead already/)
      await check(world, at)
      if (outcome === 'through') return calls()
    } finally {
      await world.dispose()
    }
  }
}

describe('killed at any call', () => {
  test('a batch run, restarted, ends in the state of one that was not', { timeout: TIMEOUT_MS }, async () => {
    const prepare = async () => {
      const world = await published()
      await world.send(T0 + EPOCH, someEvents(1, 24))
      world.clock = T0 + 2 * EPOCH
      return world
    }
    const undisturbed = await prepare()
    await runBatch(portsOf(undisturbed, pipeline))
    const expected = await visibleState(undisturbed, pipeline)
    await undisturbed.dispose()
    const calls = await everywhere(prepare, runBatch, async (world, at) => {
      await runBatch(portsOf(world, pipeline))
      expect(await visibleState(world, pipeline), `killed at call ${at}`).toEqual(expected)
      expect(world.mismatches).toEqual([])
    })
    expect(calls).toBeGreaterThan(20)
  })

  test('a batch run leaves nothing that a backfill before its restart would show', {
    timeout: TIMEOUT_MS,
  }, async () => {
    const prepare = async () => {
      const world = await published()
      await world.send(T0 + EPOCH, someEvents(1, 24))
      // The backfill finds something to change, so it commits a generation of its own.
      await world.send(T0, [
        { type: order.type, id: 'found', time: iso(T0), data: { customer: 3, amount: 70 } },
      ])
      world.clock = T0 + 2 * EPOCH
      return world
    }
    await everywhere(prepare, runBatch, async world => {
      await runBackfill(portsOf(world, pipeline), range)
      await runBatch(portsOf(world, pipeline))
      await expectViews(world, T0 + EPOCH)
    })
  })

  test('a backfill, restarted or not, leaves views that later runs build on', {
    timeout: TIMEOUT_MS,
  }, async () => {
    const prepare = async () => {
      const world = await published()
      await world.send(T0, [
        { type: order.type, id: 'found', time: iso(T0), data: { customer: 3, amount: 70 } },
      ])
      await world.send(T0 + EPOCH, someEvents(1, 24))
      world.clock = T0 + 2 * EPOCH
      return world
    }
    await everywhere(
      prepare,
      ports => runBackfill(ports, range),
      async (world, at) => {
        if (at % 2 === 0) await runBackfill(portsOf(world, pipeline), range)
        await runBatch(portsOf(world, pipeline))
        await runBackfill(portsOf(world, pipeline), range)
        await expectViews(world, T0 + EPOCH)
      },
    )
  })
})
