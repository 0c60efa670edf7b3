import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { historyOfMetric, movesOfMetric } from '../../../core/lake/history-paths.ts'
import { dataIn } from '../../../core/lake/lake-paths.ts'
import { createSweep } from '../../../steps/batch/retention/sweep.ts'
import { MOST_MOVES } from '../../../steps/history/forget-history.ts'
import { noteMove } from '../../../steps/history/moves.ts'
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
import { runBackfill, runBatch } from '../batch/batch-run.ts'
import { expectKnown, type Known, keepingPorts, known, openPast, type PastOfWorld } from './history-kit.ts'

// Several runs each; on a machine in use that is half a minute.
vi.setConfig({ testTimeout: 120_000 })

const pipeline = pipelineOf([orders, large, visits])
const DAY = 86_400_000
const at = (i: number) => T0 + i * EPOCH
const only = (i: number) => ({ from: iso(at(i)), to: iso(at(i + 1)) })

let world: World
let past: PastOfWorld
beforeEach(async () => {
  world = await createWorld(pipeline)
  past = openPast(world, pipeline)
})
afterEach(() => world.dispose())

/** Sends events of an epoch, has them published, and answers what is known then. */
async function batch(i: number, run: string, events = someEvents(i, 16)): Promise<Known> {
  await world.send(at(i), events)
  world.clock = at(i + 1) + 60_000
  await runBatch(keepingPorts(world, pipeline), run)
  past.ended(run, world.clock)
  return known(past, pipeline)
}

/** A late order is found in an epoch, and counted by a backfill. */
async function backfill(i: number, run: string, id: string): Promise<Known> {
  await world.send(at(i), [buy(id)])
  world.clock += 60_000
  await runBackfill(keepingPorts(world, pipeline), only(i), run)
  past.ended(run, world.clock)
  return known(past, pipeline)
}

const id = () => pipeline.metrics.find(({ name }) => name === large.name)!.id

describe('an answer as of a run', () => {
  test('is what it was when the run ended, after later epochs, and a backfill that changed its numbers', async () => {
    const first = await batch(0, 'run-1')
    const second = await batch(1, 'run-2')
    const third = await backfill(0, 'backfill-1', 'found')
    const fourth = await batch(2, 'run-3')
    expect(third[large.name]!.partials).not.toEqual(second[large.name]!.partials)
    for (const [run, expected] of Object.entries({
      ...{ 'run-1': first, 'run-2': second, 'backfill-1': third, 'run-3': fourth },
    }))
      await expectKnown(past, expected, { run })
  })

  test('lacks a key that came later, and has one that a backfill took away', async () => {
    const first = await batch(0, 'run-1', [buy('a')])
    const elsewhere = { ...buy('x'), data: { customer: 1, country: 'se', amount: 60 } }
    const second = await batch(1, 'run-2', [elsewhere])
    expect(second[orders.name]!.partials).toHaveLength(2)
    // The copy that came first, so that the other one is a duplicate, and its key has nothing any more.
    await backfill(0, 'backfill-1', 'x')
    expect((await past.now(orders.name)).partials).toHaveLength(1)
    await expectKnown(past, second, { run: 'run-2' })
    await expectKnown(past, first, { run: 'run-1' })
  })

  test('of a run that did not change the metric is what there was when it ended', async () => {
    await batch(0, 'run-1')
    past.ended('delivery-1', world.clock + 1)
    const before = await known(past, pipeline)
    world.clock += 60_000
    await batch(1, 'run-2')
    await expectKnown(past, before, { run: 'delivery-1' })
  })

  test('is refused of a run that is not known, and of one that is still going on', async () => {
    await batch(0, 'run-1')
    await expect(past.asOf(large.name, { run: 'run-9' })).rejects.toThrow(/no run run-9; GET \/v1\/runs/)
    past.going('run-2')
    await expect(past.asOf(large.name, { run: 'run-2' })).rejects.toThrow(
      /run-2 is still going on; ask again/,
    )
  })
})

describe('an answer as of an instant', () => {
  test('is that of the last run that had published by then, whatever it is in an epoch', async () => {
    const first = await batch(0, 'run-1')
    const firstAt = world.clock
    const second = await backfill(0, 'backfill-1', 'found')
    const secondAt = world.clock
    await batch(1, 'run-2')
    await expectKnown(past, first, { instant: firstAt })
    await expectKnown(past, first, { instant: secondAt - 1 })
    await expectKnown(past, second, { instant: secondAt })
    await expectKnown(past, await known(past, pipeline), { instant: world.clock })
  })

  test('is refused in the future, and before anything is known, naming the earliest there is', async () => {
    await batch(0, 'run-1')
    const earliest = iso(world.clock).replace('.000', '')
    await expect(past.asOf(large.name, { instant: world.clock + 1 })).rejects.toThrow(/in the future/)
    await expect(past.asOf(large.name, { instant: T0 })).rejects.toThrow(
      `the earliest asOf is ${earliest} (run run-1)`,
    )
  })

  test('of a metric that no batch has published says so', async () => {
    await expect(past.asOf(large.name, { instant: T0 - 1 })).rejects.toThrow(/no batch has published/)
  })
})

describe('what is kept', () => {
  test('begins where history does: of a platform that kept none before, the run that it had then', async () => {
    world.clock = at(1)
    await world.send(at(0), [buy('a')])
    await runBatch({ ...keepingPorts(world, pipeline), keepsHistory: false }, 'run-1')
    const before = await known(past, pipeline)
    await batch(1, 'run-2')
    await expectKnown(past, before, { run: 'run-1' })
    await expect(past.asOf(large.name, { instant: at(0) })).rejects.toThrow(/earliest asOf .*run run-1/)
  })

  test('is thirty days of answers; those before are refused, and take no space', async () => {
    await batch(0, 'run-1')
    const second = await batch(1, 'run-2')
    const secondAt = world.clock
    await batch(2, 'run-3')
    const names = () => world.lake.folders(historyOfMetric(id()))
    expect(await names()).toEqual(['generation=1', 'generation=2', 'generation=3'])
    // Until run-3, what run-2 left was known.
    world.clock = at(3) + 60_000 + 30 * DAY - 1
    await createSweep(keepingPorts(world, pipeline))({})
    await expectKnown(past, second, { run: 'run-2' })
    expect(await names()).toEqual(['generation=3'])
    await expect(past.asOf(large.name, { run: 'run-1' })).rejects.toThrow(
      `the earliest asOf is ${iso(secondAt).replace('.000', '')} (run run-2)`,
    )
  })

  test('is a thousand boundaries at most, so that short epochs do not fill the disk', async () => {
    await batch(0, 'run-1')
    const boundary = (await world.batch.boundary(id()))!
    for (let i = 0; i < MOST_MOVES + 5; i++)
      await noteMove(world.lake, id(), { ...boundary, movedAt: boundary.movedAt - 2000 + i })
    await createSweep(keepingPorts(world, pipeline))({})
    expect(await world.lake.list(movesOfMetric(id()))).toHaveLength(MOST_MOVES)
  })

  test('goes with a metric that is declared no more', async () => {
    await batch(0, 'run-1')
    await batch(1, 'run-2')
    const fewer = pipelineOf([orders, visits])
    await createSweep(keepingPorts(world, fewer))({})
    expect(await world.lake.list(historyOfMetric(id()))).toEqual([])
    expect(await world.lake.list(movesOfMetric(id()))).toEqual([])
  })

  test('is verified: a flipped bit is no other number, but said', async () => {
    const { open } = await import('node:fs/promises')
    await batch(0, 'run-1')
    await batch(1, 'run-2', [buy('b')])
    const path = dataIn(`${historyOfMetric(id())}/generation=2`)
    const file = await open(world.file(path), 'r+')
    const { buffer } = await file.read(Buffer.alloc(1), 0, 1, 30)
    await file.write(Buffer.from([buffer[0]! ^ 1]), 0, 1, 30)
    await file.close()
    await expect(past.asOf(large.name, { run: 'run-1' })).rejects.toThrow(/does not match its checksum/)
  })
})

test('a run that is killed around the move of a boundary, and run again, leaves both answers', async () => {
  const died = new Error('killed')
  for (const [n, when] of ['before its note', 'after its note', 'after its move'].entries()) {
    const before = await batch(2 * n, `run-${n}`)
    await world.send(at(2 * n + 1), someEvents(90 + n, 12))
    world.clock = at(2 * n + 2)
    const ports = keepingPorts(world, pipeline)
    const put: typeof world.lake.put = async (path, text) => {
      if (n === 0 && path.startsWith('moves/')) throw died
      await world.lake.put(path, text)
      if (n === 1 && path.startsWith('moves/')) throw died
    }
    const moveBoundary: typeof world.batch.moveBoundary = async (metric, boundary) => {
      await world.batch.moveBoundary(metric, boundary)
      if (n === 2) throw died
    }
    const mortal = { ...ports, lake: { ...world.lake, put }, batch: { ...world.batch, moveBoundary } }
    await expect(runBatch(mortal, `dead-${n}`), when).rejects.toThrow('killed')
    world.clock += 1000
    await runBatch(ports, `again-${n}`)
    past.ended(`again-${n}`, world.clock)
    const after = await known(past, pipeline)
    await expectKnown(past, before, { run: `run-${n}` })
    await expectKnown(past, after, { run: `again-${n}` })
  }
})

test('a question about some windows and groups reads those, rolled up as of now', async () => {
  await batch(0, 'run-1')
  const question = {
    metric: pipeline.metrics.find(({ name }) => name === orders.name)!.id,
    from: T0 - 2 * DAY,
    to: T0 + DAY,
    groups: ['{"country":"de"}'],
    limit: 100,
    rollup: {
      windows: { declared: 'day', asked: 'month', from: T0 - 2 * DAY, to: T0 + DAY },
      ...{ by: [], where: { country: ['de'] } },
    },
  } as const
  const { partials } = await world.batch.query(question)
  await batch(1, 'run-2')
  await backfill(0, 'backfill-1', 'found')
  const then = await past.readPast(question, { run: 'run-1' })
  const { combineCells } = await import('../../../core/cells/cells.ts')
  const { kinds } = pipeline.metrics.find(({ name }) => name === orders.name)!
  const combined = new Map<number, (typeof partials)[number]['cells']>()
  for (const { window, cells } of then.partials) {
    const known = combined.get(window)
    combined.set(window, known === undefined ? cells : combineCells(kinds, known, cells))
  }
  expect([...combined]).toEqual(partials.map(({ window, cells }) => [window, cells]))
})
