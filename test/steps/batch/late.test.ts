import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createCommit } from '../../../steps/batch/commit.ts'
import { dueMarks, markDue } from '../../../steps/batch/marks/due-marks.ts'
import { createRefine } from '../../../steps/batch/refine/refine.ts'
import {
  buy,
  createWorld,
  EPOCH,
  expectedViews,
  HORIZON,
  iso,
  large,
  order,
  orders,
  pipelineOf,
  T0,
  visibleState,
  visits,
  type World,
} from './batch-kit.ts'
import { portsOf, runBackfill, runBatch } from './batch-run.ts'

/** Raw lines that come after their epoch was published, of events that were sent again meanwhile. */

const pipeline = pipelineOf([orders, large, visits])
/** As in kill.test.ts. */
const STRIDE = process.env['EXHAUSTIVE'] === '1' ? 1 : 13

const at = (i: number) => T0 + i * EPOCH
const only = (i: number) => ({ from: iso(at(i)), to: iso(at(i + 1)) })

let world: World
beforeEach(async () => {
  world = await createWorld(pipeline)
})
afterEach(() => world.dispose())

const numbersOf = async (name: string) => {
  const { views } = await visibleState(world, pipeline)
  return views[name]!.partials
}

/** Sends an epoch each, and has them published. */
async function published(...epochs: readonly (readonly string[])[]): Promise<void> {
  for (const [i, ids] of epochs.entries()) await world.send(at(i), ids.map(buy))
  world.clock = at(epochs.length)
  await runBatch(portsOf(world, pipeline))
}

/** The reference judges events in the order of their receipts. */
async function expectExact(through: number): Promise<void> {
  world.received.sort((a, b) => a.epoch - b.epoch)
  for (const metric of [orders, large, visits])
    expect(await numbersOf(metric.name)).toEqual(expectedViews(world, metric, through))
}

describe('a backfill', () => {
  test('counts an event once whose first copy came late, after it was sent again in the next epoch', async () => {
    await published(['a'], ['x'], ['b'])
    await world.send(at(0), [buy('x')])
    await runBackfill(portsOf(world, pipeline), only(0))
    expect(await numbersOf(large.name)).toEqual([`${T0} {} ["3"]`])
    await expectExact(at(2))
  })

  test('reaches as far as ids are remembered: a duplicate counts that the earlier copy does not reach', async () => {
    const epochs = Array.from({ length: HORIZON + 3 }, (_, i) => [`e${i}`])
    await published(...epochs.map((ids, i) => (i === 1 || i === 1 + HORIZON ? [...ids, 'x'] : ids)))
    await world.send(at(0), [buy('x')])
    await runBackfill(portsOf(world, pipeline), only(0))
    expect(await numbersOf(large.name)).toEqual([`${T0} {} ["${epochs.length + 2}"]`])
    await expectExact(at(HORIZON + 2))
    expect(await dueMarks(world.lake)).toEqual([])
  })

  test('of an epoch that counts the same events as before leaves all others alone', async () => {
    await published(['a'], ['x'], ['b'])
    await world.redeliver(at(0), order.type)
    const reports = await runBackfill(portsOf(world, pipeline), only(0))
    expect(Object.keys((reports[1] as { epochs: object }).epochs)).toEqual(['20261101T000000Z'])
    expect(JSON.stringify(reports)).not.toContain('20261101T010000Z')
  })

  test('leaves what its own run holds alone from then on, and the next batch does that too', async () => {
    await published(['a'], ['x'], ['b'])
    await world.send(at(0), [buy('x')])
    const { id } = pipeline.metrics.find(({ name }) => name === large.name)!
    const why = { run: 'backfill-1', since: 0, code: 'internal', detail: 'for a test', keys: [] }
    await world.holds.put({ id, mode: 'recompute', epoch: at(0), ...why })
    await runBackfill(portsOf(world, pipeline), only(0))
    expect(await numbersOf(large.name)).toEqual([`${T0} {} ["3"]`])
    expect(new Set((await dueMarks(world.lake)).map(({ epoch }) => epoch))).toEqual(new Set([at(0), at(1)]))
    await runBatch(portsOf(world, pipeline), 'run-2')
    await expectExact(at(2))
    expect(await world.holds.list()).toEqual([])
    expect(await dueMarks(world.lake)).toEqual([])
  })
})

describe('a batch', () => {
  test('computes marked epochs again, and what they make a difference to, before it publishes new ones', async () => {
    await published(['a'], ['x'], ['b'])
    await world.send(at(0), [buy('x')])
    await world.send(at(3), [buy('x'), buy('c')])
    await markDue(world.lake, order.type, [at(0)])
    world.clock = at(4)
    await runBatch(portsOf(world, pipeline), 'run-2')
    await expectExact(at(3))
    expect(await dueMarks(world.lake)).toEqual([])
  })

  test('marks an epoch itself whose raw data has grown since it was refined', async () => {
    await published(['a'])
    await world.send(at(1), [buy('b')])
    world.clock = at(2)
    const ports = portsOf(world, pipeline)
    const replace: typeof world.lake.replace = async (folder, target) => {
      await world.lake.replace(folder, target)
      if (target.startsWith('curated/')) await world.send(at(1), [buy('c')])
    }
    // Nobody was told that it is accepted, and the speed layer stands still.
    const epoch = async (each: number) => ({
      ...(await world.ledger.epoch(each)),
      ...{ accepted: {}, speedComplete: false },
    })
    const ledger = { ...world.ledger, epoch }
    const growing = { ...ports, ledger, lake: { ...world.lake, replace } }
    const commit = createCommit(growing)
    const refined = [await createRefine(growing)({ type: order.type, epoch: at(1) })]
    const types = [{ type: order.type, epoch: at(1) }]
    await commit({ ...{ epoch: at(1), mode: 'append', types, metrics: [], run: 'run-2' }, refined })
    expect(await dueMarks(world.lake)).toEqual([{ type: order.type, epoch: at(1), run: '' }])
  })

  test('leaves marked epochs to a backfill where its schedule says so', async () => {
    await published(['a'], ['x'], ['b'])
    await world.send(at(0), [buy('x')])
    await markDue(world.lake, order.type, [at(0)])
    await runBatch(portsOf(world, pipeline), 'run-2', [], 'leave')
    expect(await numbersOf(large.name)).toEqual([`${T0} {} ["3"]`])
    expect(await dueMarks(world.lake)).toHaveLength(1)
    await runBackfill(portsOf(world, pipeline), { last: '3h' })
    await expectExact(at(2))
    expect(await dueMarks(world.lake)).toEqual([])
  })

  test('takes a mark that is made while it computes the epoch again as another one', async () => {
    await published(['a'], ['x'], ['b'])
    await markDue(world.lake, order.type, [at(0)])
    const ports = portsOf(world, pipeline)
    let isLate = false
    const replace: typeof world.lake.replace = async (folder, target) => {
      await world.lake.replace(folder, target)
      if (isLate || !target.startsWith('curated/')) return
      isLate = true
      await world.send(at(0), [buy('x')])
      await markDue(world.lake, order.type, [at(0)])
    }
    // Nobody was told that it is accepted.
    const epoch = async (each: number) => ({ ...(await world.ledger.epoch(each)), accepted: {} })
    const ledger = { ...world.ledger, epoch }
    await runBatch({ ...ports, ledger, lake: { ...world.lake, replace } }, 'run-2')
    expect(isLate).toBe(true)
    await expectExact(at(2))
    expect(await dueMarks(world.lake)).toEqual([])
  })
})

test('late raw data is counted once however often the run that finds it dies', {
  timeout: 120_000,
}, async () => {
  for (let death = 0, isOver = false; !isOver; death += STRIDE) {
    await world.dispose()
    world = await createWorld(pipeline)
    await published(['a'], ['x'], ['b'])
    await world.send(at(0), [buy('x')])
    const { ports, died } = mortal(portsOf(world, pipeline), death)
    await runBackfill(ports, only(0)).catch(() => undefined)
    isOver = !died()
    // Where the backfill had come to nothing, it is for whoever started it to start it again.
    const marks = await dueMarks(world.lake)
    await runBatch(portsOf(world, pipeline), 'run-2')
    if (marks.length === 0 && !isOver) await runBackfill(portsOf(world, pipeline), only(0), 'backfill-2')
    await expectExact(at(2))
    expect(await dueMarks(world.lake), `death ${death}`).toEqual([])
  }
})

test('the warehouse has what a run computed again that dies between its marks and what it tells', async () => {
  for (const folder of ['due/', 'exports/again/']) {
    await world.dispose()
    world = await createWorld(pipeline)
    await published(['a'], ['b'])
    await world.send(at(0), [buy('x')])
    await markDue(world.lake, order.type, [at(0)])
    const ports = portsOf(world, pipeline)
    const died = await runBatch({ ...ports, lake: dyingIn(world.lake, folder) }, 'run-2').catch(String)
    expect(died, folder).toMatch(/dead/)
    await runBatch(ports, 'run-3')
    expect(world.warehouse.tables.get('order')!.get(String(at(0))), folder).toMatch(/\bx\b/)
    expect(await dueMarks(world.lake)).toEqual([])
  }
})

/** A lake that is dead once the commit has first written to a folder, or removed something in it. */
function dyingIn(lake: World['lake'], folder: string): World['lake'] {
  let isDead = false
  const around =
    <A extends unknown[]>(call: (path: string, ...rest: A) => Promise<void>, isTheLast: boolean) =>
    async (path: string, ...rest: A): Promise<void> => {
      if (isDead) throw new Error('dead')
      await call(path, ...rest)
      // Taking a mark up writes another one and removes it: the one that ends it bears the run's name.
      isDead = isTheLast && path.startsWith(folder) && path.includes(',run=run-2')
      if (isDead) throw new Error('dead')
    }
  return {
    ...lake,
    put: around(lake.put, folder !== 'due/'),
    remove: around(lake.remove, true),
    replace: around(lake.replace, false),
  }
}

/** Ports that die at the `death`-th change of lake or views, before or after it by turns. */
function mortal(ports: ReturnType<typeof portsOf>, death: number) {
  let changes = 0
  const around =
    <A extends unknown[], R>(call: (...args: A) => Promise<R>) =>
    async (...args: A): Promise<R> => {
      const change = changes++
      if (change > death || (change === death && death % 2 === 0)) throw new Error('dead')
      const result = await call(...args)
      if (change === death) throw new Error('dead')
      return result
    }
  const { lake, batch } = ports
  return {
    died: () => changes > death,
    ports: {
      ...ports,
      lake: { ...lake, put: around(lake.put), remove: around(lake.remove), replace: around(lake.replace) },
      batch: { ...batch, write: around(batch.write), moveBoundary: around(batch.moveBoundary) },
    },
  }
}
