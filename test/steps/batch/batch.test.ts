import { readFile, rm, writeFile } from 'node:fs/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { max } from '../../../core/declare/measures.ts'
import { defineMetric } from '../../../core/declare/metric.ts'
import { TributaryError } from '../../../core/errors.ts'
import { rawFolder, rawOfType } from '../../../core/lake/lake-paths.ts'
import { createPlanBackfill } from '../../../steps/batch/plan-backfill.ts'
import type { MetricNumbers } from '../../../steps/batch/reconcile/reconcile-metric.ts'
import {
  createWorld,
  EPOCH,
  expectedViews,
  HORIZON,
  iso,
  large,
  order,
  orders,
  pipelineOf,
  type SentEvent,
  someEvents,
  T0,
  visibleState,
  visit,
  visits,
  type World,
} from './batch-kit.ts'
import { portsOf, runBackfill, runBatch } from './batch-run.ts'
import type { Reconciled } from './reconcile/run-reconcile.ts'

const METRICS = [orders, large, visits]
const pipeline = pipelineOf(METRICS)

let world: World
beforeEach(async () => {
  world = await createWorld(pipeline)
})
afterEach(() => world.dispose())

async function viewsOf(name: string) {
  const { views } = await visibleState(world, pipeline)
  return views[name]!
}

async function expectExact(through: number): Promise<void> {
  for (const metric of METRICS) {
    const { partials, boundary } = await viewsOf(metric.name)
    expect(partials, metric.name).toEqual(expectedViews(world, metric, through))
    expect(boundary ?? Number.NaN, metric.name).toBeGreaterThanOrEqual(through)
  }
}

/** What a ledger says that never heard of visits. */
function withoutVisits<T extends { readonly accepted: Readonly<Record<string, number>> }>(epoch: T): T {
  const { [visit.type]: _, ...accepted } = epoch.accepted
  return { ...epoch, accepted, counts: 'at least' }
}

describe('a batch run', () => {
  test('makes batch views equal to the reference, and agrees with the speed layer', async () => {
    for (const i of [0, 1, 2]) await world.send(T0 + i * EPOCH, someEvents(i))
    world.clock = T0 + 3 * EPOCH
    await runBatch(portsOf(world, pipeline))
    await expectExact(T0 + 2 * EPOCH)
    expect(world.mismatches).toEqual([])
  })

  test('leaves an epoch that is not closed alone', async () => {
    await world.send(T0, someEvents(0))
    await world.send(T0 + EPOCH, someEvents(1))
    world.clock = T0 + 1.5 * EPOCH
    await runBatch(portsOf(world, pipeline))
    await expectExact(T0)
    expect((await viewsOf('orders_daily')).boundary).toBe(T0)
  })

  test('goes on where real-time partials cannot be removed for now, and says which', async () => {
    await world.send(T0, someEvents(0))
    world.clock = T0 + EPOCH
    await runBatch(portsOf(world, pipeline))
    await world.send(T0 + EPOCH, someEvents(1))
    world.clock = T0 + 2 * EPOCH
    const drop = async () => {
      throw new TributaryError('overloaded', 'the table is busy')
    }
    const [planned] = await runBatch({ ...portsOf(world, pipeline), speed: { ...world.speed, drop } })
    await expectExact(T0 + EPOCH)
    expect(planned?.['notDropped']).toHaveLength(METRICS.length + 2)
  })

  test('waits for raw data, and moves no boundary without it', async () => {
    await world.send(T0, someEvents(0))
    world.clock = T0 + EPOCH
    world.withholdRaw(T0, true)
    await runBatch(portsOf(world, pipeline))
    expect((await viewsOf('orders_daily')).boundary).toBeUndefined()
    world.withholdRaw(T0, false)
    await runBatch(portsOf(world, pipeline))
    await expectExact(T0)
  })

  test('fails as raw_incomplete, and moves no boundary, where raw data is missing', async () => {
    await world.send(T0, someEvents(0))
    world.clock = T0 + EPOCH
    const [first] = await world.lake.list(rawFolder(order.type, T0))
    await rm(world.file(first!.path))
    await expect(runBatch(portsOf(world, pipeline))).rejects.toMatchObject({
      name: 'raw_incomplete',
      retryable: true,
    })
    expect((await viewsOf('orders_daily')).boundary).toBeUndefined()
  })

  test('counts a raw line that was delivered twice as one event', async () => {
    await world.send(T0, someEvents(0))
    await world.redeliver(T0, order.type)
    world.clock = T0 + EPOCH
    const reports = await runBatch(portsOf(world, pipeline))
    await expectExact(T0)
    expect(world.mismatches).toEqual([])
    expect(JSON.stringify(reports)).toMatch(/"redelivered":[1-9]/)
  })

  test('drops an event that a counted one precedes within the horizon, and counts it again beyond', async () => {
    const event: SentEvent = {
      type: order.type,
      id: 'again',
      time: iso(T0),
      data: { customer: 1, amount: 60 },
    }
    // Counted at 0; duplicates of that one through the horizon, even where one lies at its very end; then
    // first again.
    const epochs = [0, 2, HORIZON, HORIZON + 1, HORIZON + 2]
    for (const i of epochs) await world.send(T0 + i * EPOCH, [event])
    world.clock = T0 + 10 * EPOCH
    await runBatch(portsOf(world, pipeline))
    await expectExact(T0 + (HORIZON + 2) * EPOCH)
    expect(world.mismatches).toEqual([])
    expect((await viewsOf('large_orders')).partials).toEqual([`${T0} {} ["2"]`])
  })

  test('holds a metric on which the layers disagree, with its keys, and lets the others go on', async () => {
    await world.send(T0, someEvents(0))
    world.clock = T0 + EPOCH
    const metric = pipeline.metrics.find(m => m.name === 'large_orders')!
    await world.speed.drop(metric.id, T0)
    const item = { id: '0|0|{}', metric: metric.id, group: '{}', window: 0, epoch: T0, lane: 0 }
    const position = { sequence: '', index: 0 }
    await world.speed.write([{ item: { ...item, position, cells: [7] }, expected: undefined }])
    const reports = await runBatch(portsOf(world, pipeline), 'run-1')
    expect(world.mismatches).toHaveLength(1)
    const different = expectedViews(world, large, T0).length + 1
    expect(world.mismatches[0]!.metrics[metric.id]).toMatchObject({ different })
    const reconciled = reports
      .map(({ epochs }) => (epochs as Record<string, { reconciliation?: Reconciled }> | undefined) ?? {})
      .flatMap(epochs => Object.values(epochs).flatMap(({ reconciliation }) => reconciliation ?? []))
    const numbers = reconciled[0]!.metrics[metric.id] as MetricNumbers
    expect(numbers.different).toBe(different)
    expect(numbers.mismatches).toContainEqual({ window: 0, group: '{}', batch: undefined, speed: [] })
    expect((await viewsOf(large.name)).boundary).toBeUndefined()
    for (const name of [orders.name, visits.name]) expect((await viewsOf(name)).boundary).toBe(T0)
    const [held] = await world.holds.list()
    expect(held).toMatchObject({ id: metric.id, mode: 'append', epoch: T0, run: 'run-1', since: world.clock })
    expect(held!.keys).toContain('1970-01-01T00:00:00Z {}')
  })

  test('moves boundaries over epochs without events, and drops real-time partials one run later', async () => {
    await world.send(T0, someEvents(0))
    world.clock = T0 + EPOCH
    await runBatch(portsOf(world, pipeline))
    const metric = pipeline.metrics.find(m => m.name === 'orders_daily')!
    const kept = async () => (await world.speed.epoch({ metric: metric.id, epoch: T0, keys: [] })).total
    expect(await kept()).toBeGreaterThan(0)
    world.clock = T0 + 5 * EPOCH
    await runBatch(portsOf(world, pipeline))
    expect((await viewsOf('orders_daily')).boundary).toBe(T0 + 4 * EPOCH)
    expect(await kept()).toBe(0)
  })

  test('finds epochs in the raw lake that the ledger has forgotten', async () => {
    await world.send(T0, someEvents(0))
    world.clock = T0 + 3 * EPOCH
    const forgetful = {
      ...world.ledger,
      epochs: async () => [],
      epoch: async (epoch: number) => ({ ...(await world.ledger.epoch(epoch)), accepted: {} }),
    }
    await runBatch({ ...portsOf(world, pipeline), ledger: forgetful })
    await expectExact(T0)
  })

  test('does not pass over raw data that nobody acknowledged and that came after the work was planned', async () => {
    await world.send(T0, someEvents(0))
    world.clock = T0 + EPOCH
    let isLate = true
    const ports = portsOf(world, pipeline)
    const unseen = {
      ...ports,
      ledger: {
        epochs: async (after: number | undefined) =>
          (await world.ledger.epochs(after)).map(epoch => withoutVisits(epoch)),
        epoch: async (epoch: number) => withoutVisits(await world.ledger.epoch(epoch)),
      },
      lake: {
        ...world.lake,
        folders: async (folder: string) => {
          const hidden = isLate && folder === rawOfType(visit.type)
          if (hidden) isLate = false
          return hidden ? [] : world.lake.folders(folder)
        },
      },
    }
    await runBatch(unseen)
    expect(isLate).toBe(false)
    await expectExact(T0)
  })

  test('computes a metric declared later from the first curated epoch on', async () => {
    const before = pipelineOf([orders, visits])
    for (const i of [0, 1]) await world.send(T0 + i * EPOCH, someEvents(i))
    world.clock = T0 + 2 * EPOCH
    await runBatch(portsOf(world, before))
    await world.send(T0 + 2 * EPOCH, someEvents(2))
    world.clock = T0 + 3 * EPOCH
    await runBatch(portsOf(world, pipeline))
    await expectExact(T0 + 2 * EPOCH)
  })

  test('refines curated data again where a later metric reads what it does not hold', async () => {
    const before = pipelineOf([visits])
    for (const i of [0, 1]) await world.send(T0 + i * EPOCH, someEvents(i))
    world.clock = T0 + 2 * EPOCH
    await runBatch(portsOf(world, before))
    await runBatch(portsOf(world, pipeline))
    await expectExact(T0 + EPOCH)
  })
})

test('a metric declared after raw data expired begins where it can, and holds up nothing', async () => {
  for (const i of [0, 1]) await world.send(T0 + i * EPOCH, someEvents(i))
  world.clock = T0 + 2 * EPOCH
  await runBatch(portsOf(world, pipelineOf([visits])))
  await world.lake.remove(rawFolder(order.type, T0))
  const forgetful = { ...world.ledger, epochs: async () => [] }
  const reports = await runBatch({ ...portsOf(world, pipeline), ledger: forgetful })
  expect(JSON.stringify(reports)).toContain('raw data is gone')
  const { boundary, partials } = await viewsOf(orders.name)
  expect(boundary).toBe(T0 + EPOCH)
  expect(partials.length).toBeGreaterThan(0)
  expect(partials.length).toBeLessThan(expectedViews(world, orders, T0 + EPOCH).length + 1)
})

test('a backfill keeps a group of which every cell is null', async () => {
  const largest = defineMetric({
    ...{ name: 'largest_order', type: order.type, window: 'day' as const, by: ['country'] },
    measures: { largest: max('amount') },
  })
  const declared = pipelineOf([largest])
  await world.dispose()
  world = await createWorld(declared)
  const event = (id: string, country: string): SentEvent => ({
    ...{ type: order.type, id, time: iso(T0) },
    data: { customer: 1, country, amount: null },
  })
  await world.send(T0, [event('1', 'de')])
  await world.send(T0 + EPOCH, [event('2', 'de')])
  world.clock = T0 + 2 * EPOCH
  await runBatch(portsOf(world, declared))
  const [raw] = await world.lake.list(rawFolder(order.type, T0))
  const text = await readFile(world.file(raw!.path), 'utf8')
  await writeFile(world.file(raw!.path), text.replace('"de"', '"fr"'))
  await runBackfill(portsOf(world, declared), { from: iso(T0), to: iso(T0 + EPOCH) })
  const { views } = (await visibleState(world, declared)) as { views: Record<string, { partials: unknown }> }
  expect(views[largest.name]!.partials).toEqual([
    `${T0} {"country":"de"} [null]`,
    `${T0} {"country":"fr"} [null]`,
  ])
})

describe('a backfill', () => {
  const range = { from: iso(T0), to: iso(T0 + 2 * EPOCH) }

  test('changes nothing where nothing has changed, and says so', async () => {
    for (const i of [0, 1, 2]) await world.send(T0 + i * EPOCH, someEvents(i))
    world.clock = T0 + 3 * EPOCH
    await runBatch(portsOf(world, pipeline))
    const state = await visibleState(world, pipeline)
    for (let i = 0; i < 2; i++) {
      const reports = await runBackfill(portsOf(world, pipeline), range)
      expect(JSON.stringify(reports)).not.toMatch(/"changed":\{"[^"]+":[1-9]/)
      expect(await visibleState(world, pipeline)).toEqual(state)
    }
  })

  test('puts right what an epoch lacked', async () => {
    for (const i of [0, 1, 2]) await world.send(T0 + i * EPOCH, someEvents(i))
    world.clock = T0 + 3 * EPOCH
    await runBatch(portsOf(world, pipeline))
    // Raw data that nobody had acknowledged, such as a file restored by hand.
    const late = someEvents(9).map(event => ({ ...event, time: iso(T0) }))
    await world.send(T0 + EPOCH, late)
    await runBackfill(portsOf(world, pipeline), range)
    await expectExact(T0 + 2 * EPOCH)
  })

  test('goes through the last published epochs, and stays with them while more are published', async () => {
    for (const i of [0, 1, 2]) await world.send(T0 + i * EPOCH, someEvents(i))
    world.clock = T0 + 3 * EPOCH
    const ports = portsOf(world, pipeline)
    await runBatch(ports)
    const plan = createPlanBackfill(ports)
    const first = await plan({ turn: 0, run: 'backfill-1', last: undefined, range: { last: '2h' } })
    const pinned = { from: '2026-11-01T01:00:00Z', to: '2026-11-01T03:00:00Z' }
    expect(first).toMatchObject({
      status: 'work',
      epoch: T0 + EPOCH,
      range: pinned,
      report: { range: pinned },
    })
    await world.send(T0 + 3 * EPOCH, someEvents(3))
    world.clock = T0 + 4 * EPOCH
    await runBatch(ports, 'run-2')
    const turn = { turn: 1, run: 'backfill-1', last: T0 + EPOCH, range: first.range }
    expect(await plan(turn)).toMatchObject({ status: 'work', epoch: T0 + 2 * EPOCH, range: pinned })
    const end = await plan({ ...turn, turn: 2, last: T0 + 2 * EPOCH })
    expect(end).toMatchObject({ status: 'done', more: false, range: pinned })
  })

  test('has nothing to do for the last epochs where none is published', async () => {
    await world.send(T0, someEvents(0))
    const planned = createPlanBackfill(portsOf(world, pipeline))({
      ...{ turn: 0, run: 'backfill-1', last: undefined },
      range: { last: '7d' },
    })
    expect(await planned).toMatchObject({ status: 'done', more: false })
  })

  test.each(['a week', '0d', '-7d', '4000d', '7'])('refuses "%s" as the time it takes', async last => {
    const planned = createPlanBackfill(portsOf(world, pipeline))({
      ...{ turn: 0, run: 'backfill-1', last: undefined },
      range: { last },
    })
    await expect(planned).rejects.toMatchObject({
      code: 'bad_request',
      message: expect.stringMatching(/"last" must be a duration/),
    })
  })

  test('refuses to lose curated events whose raw data is gone', async () => {
    await world.send(T0, someEvents(0))
    world.clock = T0 + EPOCH
    await runBatch(portsOf(world, pipeline))
    const state = await visibleState(world, pipeline)
    await world.lake.remove('raw')
    const forgetful = {
      ...portsOf(world, pipeline),
      ledger: { ...world.ledger, epoch: async () => ({ ...(await world.ledger.epoch(T0)), accepted: {} }) },
    }
    await expect(runBackfill(forgetful, range)).rejects.toMatchObject({ name: 'raw_incomplete' })
    expect(await visibleState(world, pipeline)).toEqual(state)
  })
})
