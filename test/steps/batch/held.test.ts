import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { tallyId } from '../../../core/cells/tally.ts'
import { createQueryMetric } from '../../../steps/query-metric.ts'
import {
  createWorld,
  EPOCH,
  expectedViews,
  large,
  order,
  orders,
  pipelineOf,
  someEvents,
  T0,
  visibleState,
  visit,
  visits,
  type World,
} from './batch-kit.ts'
import { portsOf, runBatch } from './batch-run.ts'

const pipeline = pipelineOf([orders, large, visits])
const idOf = (name: string) => pipeline.metrics.find(metric => metric.name === name)!.id
const position = { sequence: '', index: 0 }

let world: World
beforeEach(async () => {
  world = await createWorld(pipeline)
})
afterEach(() => world.dispose())

/** Gives the speed layer a key of an epoch that no event made. */
async function disturb(id: string, epoch: number): Promise<void> {
  const item = { id: '0|0|{"x":1}', metric: id, group: '{"x":1}', window: 0, epoch, lane: 0 }
  await world.speed.write([{ item: { ...item, position, cells: [7] }, expected: undefined }])
}

const through = async (id: string) => (await world.batch.boundary(id))?.epoch

/** Without a warehouse, which waits for a metric that is held. */
async function batch(
  run: string,
  more: object = {},
  accept: readonly string[] = [],
): Promise<readonly unknown[]> {
  return runBatch({ ...portsOf(world, pipeline), warehouse: undefined as never, ...more }, run, accept)
}

async function exact(metric: typeof large, epoch: number): Promise<void> {
  const { views } = await visibleState(world, pipeline)
  expect(views[metric.name]!.partials).toEqual(expectedViews(world, metric, epoch))
}

describe('a metric on which the layers differ', () => {
  beforeEach(async () => {
    for (const i of [0, 1, 2]) await world.send(T0 + i * EPOCH, someEvents(i))
    await disturb(idOf(large.name), T0 + EPOCH)
    world.clock = T0 + 3 * EPOCH
  })

  test('stays before that epoch, run after run, and costs each run one turn', async () => {
    await batch('run-1')
    expect(await through(idOf(large.name))).toBe(T0)
    for (const id of [idOf(orders.name), tallyId(order.type)]) expect(await through(id)).toBe(T0 + 2 * EPOCH)
    const reports = await batch('run-2')
    expect(reports.filter(report => 'more' in (report as object))).toHaveLength(1)
    expect(JSON.stringify(reports)).toContain(large.name)
    expect(await through(idOf(large.name))).toBe(T0)
    expect(await world.holds.list()).toMatchObject([{ id: idOf(large.name), run: 'run-2' }])
  })

  test('is compared in every epoch it catches up with, and free when the layers agree again', async () => {
    await batch('run-1')
    const counted = await world.speed.epoch({ metric: idOf(large.name), epoch: T0 + EPOCH, keys: [] })
    expect(counted.total).toBeGreaterThan(1)
    await disturb(idOf(large.name), T0 + 2 * EPOCH)
    // The other key agrees with what raw data says of it: none.
    const agreeing: typeof world.speed.epoch = async request => {
      const found = await world.speed.epoch(request)
      return request.epoch === T0 + EPOCH ? { ...found, total: found.total - 1 } : found
    }
    await batch('run-2', { speed: { ...world.speed, epoch: agreeing } })
    expect(await through(idOf(large.name))).toBe(T0 + EPOCH)
    expect(await world.holds.list()).toMatchObject([{ epoch: T0 + 2 * EPOCH, run: 'run-2' }])
    const all: typeof world.speed.epoch = async request => {
      const found = await world.speed.epoch(request)
      return { ...found, total: request.keys.length }
    }
    await batch('run-3', { speed: { ...world.speed, epoch: all } })
    expect(await world.holds.list()).toEqual([])
    expect(await through(idOf(large.name))).toBe(T0 + 2 * EPOCH)
    await exact(large, T0 + 2 * EPOCH)
  })

  test('is answered with the reason, and other metrics without one', async () => {
    await batch('run-1')
    const query = createQueryMetric({
      ...{ pipeline, batchViews: world.batch, realTimeViews: world.speed, holds: world.holds },
      ...{ countedSince: world.countedSince, readPast: undefined, epochLength: EPOCH },
      ...{ speedLag: async () => 0, now: () => world.clock },
    })
    const { provenance } = await query({ name: large.name, where: {}, layer: 'merged' })
    expect(provenance.held).toMatchObject({
      ...{ kind: 'metric', name: large.name, epoch: '2026-11-01T01:00:00Z', run: 'run-1' },
      ...{ code: 'reconciliation_mismatch', keys: ['1970-01-01T00:00:00Z {"x":1}'] },
    })
    const other = await query({ name: orders.name, where: {}, layer: 'merged' })
    expect(other.provenance).not.toHaveProperty('held')
  })

  test('is published when an operator accepts it, by its name or by that of its type', async () => {
    await batch('run-1')
    await batch('run-2', {}, [large.name])
    expect(await through(idOf(large.name))).toBe(T0 + 2 * EPOCH)
    expect(await world.holds.list()).toEqual([])
    await exact(large, T0 + 2 * EPOCH)
  })
})

describe('a metric of which the speed layer holds nothing of an epoch', () => {
  beforeEach(async () => {
    await world.send(T0, someEvents(0))
    await world.speed.drop(idOf(large.name), T0)
    world.clock = T0 + EPOCH
  })

  test('is held: partials that should be there and are not are a difference', async () => {
    await batch('run-1')
    expect(await through(idOf(large.name))).toBeUndefined()
    expect(await through(idOf(orders.name))).toBe(T0)
    expect(await world.holds.list()).toMatchObject([{ id: idOf(large.name), epoch: T0 }])
  })

  test('is published where it was declared in the course of the epoch, and the report says that it was not compared', async () => {
    await world.countedSince.note(new Map([[idOf(large.name), T0 + EPOCH]]))
    const reports = await batch('run-1')
    expect(JSON.stringify(reports)).toContain(`"${idOf(large.name)}":"declared in mid-epoch"`)
    expect(await world.holds.list()).toEqual([])
    await exact(large, T0)
  })

  test('is compared again from the first whole epoch on', async () => {
    await world.countedSince.note(new Map([[idOf(large.name), T0 + EPOCH]]))
    await world.send(T0 + EPOCH, someEvents(1))
    await disturb(idOf(large.name), T0 + EPOCH)
    world.clock = T0 + 2 * EPOCH
    await batch('run-1')
    expect(await through(idOf(large.name))).toBe(T0)
    expect(await world.holds.list()).toMatchObject([{ id: idOf(large.name), epoch: T0 + EPOCH }])
  })

  test('says since when its live numbers are whole, until the batch views reach so far', async () => {
    await world.countedSince.note(new Map([[idOf(large.name), T0 + EPOCH]]))
    const query = createQueryMetric({
      ...{ pipeline, batchViews: world.batch, realTimeViews: world.speed, holds: world.holds },
      ...{ countedSince: world.countedSince, readPast: undefined, epochLength: EPOCH },
      ...{ speedLag: async () => 0, now: () => world.clock },
    })
    const sinceOf = async (name: string, layer: 'merged' | 'speed' | 'batch') =>
      (await query({ name, where: {}, layer })).provenance.since
    for (const layer of ['merged', 'speed'] as const)
      expect(await sinceOf(large.name, layer)).toBe('2026-11-01T01:00:00Z')
    expect(await sinceOf(large.name, 'batch')).toBeUndefined()
    expect(await sinceOf(orders.name, 'merged')).toBeUndefined()
    await batch('run-1')
    expect(await sinceOf(large.name, 'merged')).toBeUndefined()
  })
})

test('a type of which the speed layer has counted nothing is held, unless it was declared in the course of the epoch', async () => {
  await world.send(T0, someEvents(0))
  await world.speed.drop(tallyId(order.type), T0)
  world.clock = T0 + EPOCH
  await batch('run-1')
  expect(await world.holds.list()).toMatchObject([
    { id: tallyId(order.type), detail: expect.stringMatching(/^received by speed 0 ≠ raw \d+/) },
  ])
  await world.countedSince.note(new Map([[tallyId(order.type), T0 + EPOCH]]))
  const reports = await batch('run-2')
  expect(JSON.stringify(reports)).toContain('"notCompared":"declared in mid-epoch"')
  expect(await world.holds.list()).toEqual([])
})

test('a type whose counts differ is held with all its metrics, and no other', async () => {
  await world.send(T0, someEvents(0))
  await world.send(T0 + EPOCH, someEvents(1))
  const item = { id: '9|0|{}', metric: tallyId(order.type), group: '{}', window: 0, epoch: T0, lane: 9 }
  await world.speed.write([{ item: { ...item, position, cells: [1, 1] }, expected: undefined }])
  world.clock = T0 + 2 * EPOCH
  await batch('run-1')
  for (const id of [tallyId(order.type), idOf(orders.name), idOf(large.name)])
    expect(await through(id)).toBeUndefined()
  for (const id of [tallyId(visit.type), idOf(visits.name)]) expect(await through(id)).toBe(T0 + EPOCH)
  const [held] = await world.holds.list()
  expect(held).toMatchObject({ id: tallyId(order.type), epoch: T0 })
  expect(held!.detail).toMatch(/received by speed \d+ ≠ raw \d+/)
  await batch('run-2', {}, [order.type])
  expect(await through(idOf(orders.name))).toBe(T0 + EPOCH)
})
