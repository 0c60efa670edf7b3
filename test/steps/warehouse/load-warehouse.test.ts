import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { max, sum } from '../../../core/declare/measures.ts'
import type { Pipeline } from '../../../core/declare/pipeline.ts'
import { TributaryError } from '../../../core/errors.ts'
import type { Loading, LoadJob, Warehouse } from '../../../core/ports/warehouse.ts'
import { loadWarehouse as createHandler } from '../../../functions/batch/tasks.ts'
import { exportChanges } from '../../../steps/batch/export-changes.ts'
import { beginning, type LoadWarehouseResult } from '../../../steps/warehouse/load-turn.ts'
import { createLoadWarehouse } from '../../../steps/warehouse/load-warehouse.ts'
import {
  createWorld,
  EPOCH,
  iso,
  memoryWarehouse,
  orders,
  pipelineOf,
  someEvents,
  T0,
  visit,
  visits,
  type World,
} from '../batch/batch-kit.ts'
import { loadAll, portsOf, runBackfill, runBatch } from '../batch/batch-run.ts'

const both = pipelineOf([visits, orders])
let world: World

beforeEach(async () => {
  world = await createWorld(both)
})
afterEach(() => world.dispose())

/** Sends to further epochs and publishes them. */
async function publish(declared: Pipeline, ...epochs: readonly number[]): Promise<void> {
  for (const epoch of epochs) await world.send(T0 + epoch * EPOCH, someEvents(epoch))
  world.clock = T0 + (Math.max(...epochs) + 1) * EPOCH
  await runBatch(portsOf(world, declared))
}

type Tables = World['warehouse']['tables']

const contentOf = (tables: Tables) =>
  Object.fromEntries([...tables].map(([name, rows]) => [name, [...rows].sort()]))

/** What a warehouse that was empty holds once it is loaded. */
async function loadedAnew(declared: Pipeline) {
  const warehouse = memoryWarehouse(world.file)
  await loadAll({ ...portsOf(world, declared), warehouse }, 'anew')
  return contentOf(warehouse.tables)
}

describe('a warehouse', () => {
  test('has every table from the start, without rows, and goes on with them', async () => {
    await loadAll(portsOf(world, both), 'first')
    expect(contentOf(world.warehouse.tables)).toEqual({
      ...{ order: [], orders_daily: [] },
      ...{ visit: [], visits_hourly: [] },
    })
    const nothing = { ...world.warehouse, load: () => Promise.reject(new Error('there is nothing to load')) }
    await loadAll({ ...portsOf(world, both), warehouse: nothing }, 'second')
    await publish(both, 0, 1)
    expect(contentOf(world.warehouse.tables)).toEqual(await loadedAnew(both))
  })

  test('says how many rows it has of each epoch that was loaded, and where it lacks some', async () => {
    await world.send(T0, someEvents(0))
    await world.send(T0 + EPOCH, someEvents(1))
    world.clock = T0 + 2 * EPOCH
    await runBatch({ ...portsOf(world, both), warehouse: memoryWarehouse(world.file) })
    const losing = {
      ...world.warehouse,
      countRows: async (relation: string, epochs: readonly number[]) => {
        const counts = new Map(await world.warehouse.countRows(relation, epochs))
        if (relation === 'visit') counts.set(T0, counts.get(T0)! - 1)
        return counts
      },
    }
    const { report } = await loadAll({ ...portsOf(world, both), warehouse: losing }, 'second')
    const { epochs } = report as { epochs: Record<string, { warehouse: Record<string, { rows: number }> }> }
    expect(Object.keys(epochs)).toEqual(['20261101T000000Z', '20261101T010000Z'])
    const { [visit.type]: visits, 'com.example.order': orders } = epochs['20261101T000000Z']!.warehouse
    expect(orders).toEqual({ rows: 45, curated: 45, problems: [] })
    expect(visits).toEqual({ rows: 14, curated: 15, problems: ['warehouse 14 ≠ curated 15'] })
  })

  test('is told of a table what has changed in its words, with nothing to load, once', async () => {
    await publish(both, 0)
    const renamed = pipelineOf([visits, { ...orders, description: 'What a day brought' }])
    const jobs: LoadJob[] = []
    const watched = {
      ...world.warehouse,
      load: (job: LoadJob) => {
        jobs.push(job)
        return world.warehouse.load(job)
      },
    }
    const before = contentOf(world.warehouse.tables)
    for (const run of ['first', 'second'])
      await loadAll({ ...portsOf(world, renamed), warehouse: watched }, run)
    expect(jobs.map(({ loads, table, mark }) => [loads, table?.description, mark?.relation])).toEqual([
      [[], 'What a day brought', orders.name],
    ])
    expect(contentOf(world.warehouse.tables)).toEqual(before)
    await publish(renamed, 1)
    expect(contentOf(world.warehouse.tables)).toEqual(await loadedAnew(renamed))
  })

  test('has the table of a type that has no events while others have', async () => {
    await world.send(
      T0,
      someEvents(0).filter(({ type }) => type === visit.type),
    )
    world.clock = T0 + EPOCH
    await runBatch(portsOf(world, both))
    expect([...world.warehouse.tables.keys()].sort()).toEqual([
      'order',
      'orders_daily',
      'visit',
      'visits_hourly',
    ])
  })

  test('that was lost is filled anew, to what it was', async () => {
    await publish(both, 0, 1)
    await publish(both, 2)
    const before = contentOf(world.warehouse.tables)
    expect(Object.keys(before).sort()).toEqual(['order', 'orders_daily', 'visit', 'visits_hourly'])
    expect(await loadedAnew(both)).toEqual(before)
  })

  test('that was away for some epochs catches up in order, and no boundary waits for it', async () => {
    await publish(both, 0)
    const { marks } = world.warehouse
    const away = async () => {
      throw new TributaryError('unavailable', 'warehouse: connect ECONNREFUSED')
    }
    Object.assign(world.warehouse, { marks: away })
    await expect(publish(both, 1)).rejects.toThrow('ECONNREFUSED')
    await expect(publish(both, 2)).rejects.toThrow('ECONNREFUSED')
    expect(await world.batch.boundary(both.metrics[0]!.id)).toMatchObject({ epoch: T0 + 2 * EPOCH })
    Object.assign(world.warehouse, { marks })
    await loadAll(portsOf(world, both), 'back')
    expect(contentOf(world.warehouse.tables)).toEqual(await loadedAnew(both))
  })

  test('that was off while epochs were computed again holds them once it is on', async () => {
    await publish(both, 0, 1)
    await world.send(T0, someEvents(7))
    const ports = portsOf(world, both)
    await runBackfill(
      { ...ports, exportRows: false as never, warehouse: undefined as never },
      {
        from: iso(T0),
        to: iso(T0 + EPOCH),
      },
    )
    await loadAll(ports, 'on')
    expect(contentOf(world.warehouse.tables)).toEqual(await loadedAnew(both))
  })

  test('follows a backfill, in the tables of events too', async () => {
    await publish(both, 0, 1, 2)
    await world.send(T0, someEvents(8))
    await runBackfill(portsOf(world, both), { from: iso(T0), to: iso(T0 + EPOCH) })
    expect(contentOf(world.warehouse.tables)).toEqual(await loadedAnew(both))
  })

  test('has no file left of what it has loaded', async () => {
    await publish(both, 0, 1)
    expect(await world.lake.list('exports')).toEqual([])
  })
})

describe('the table of a metric', () => {
  test('is filled anew where a measure of the same cells is shown beside the others', async () => {
    await publish(both, 0, 1)
    const shown = {
      ...orders,
      measures: { ...orders.measures, biggest: max('amount'), total: sum('amount') },
    }
    const changed = pipelineOf([visits, shown])
    expect(changed.metrics[0]!.id).toBe(both.metrics[0]!.id)
    await loadAll(portsOf(world, changed), 'changed')
    expect(contentOf(world.warehouse.tables)).toEqual(await loadedAnew(changed))
  })

  test('keeps no row of another meaning', async () => {
    await publish(both, 0)
    const name = orders.name
    const [mark] = (await world.warehouse.marks()).filter(({ relation }) => relation === name)
    const identity = mark!.identity.replace(/orders_daily\.\w+/, 'orders_daily.0000')
    expect(identity).not.toBe(mark!.identity)
    world.warehouse.tables.get(name)!.set('old', 'a row of another declaration')
    await world.warehouse.load({ name: 'old', loads: [], mark: { ...mark!, identity } })
    await loadAll(portsOf(world, both), 'next')
    expect(contentOf(world.warehouse.tables)).toEqual(await loadedAnew(both))
  })

  test('loses the rows of groups that have no event any more', async () => {
    await publish(both, 0)
    const ports = portsOf(world, both)
    const metric = both.metrics.find(({ name }) => name === orders.name)!
    const boundary = (await world.batch.boundary(metric.id))!
    const range = { metric: metric.id, from: undefined, to: undefined, groups: undefined, limit: 100_000 }
    const [first, ...others] = (await world.batch.query(range)).partials
    const gone = { window: first!.window, group: first!.group, cells: undefined }
    const generation = boundary.generation + 1
    async function* changes() {
      yield [gone]
    }
    await exportChanges(ports, metric, generation, changes())
    await world.batch.write(metric.id, generation, [gone])
    await world.batch.moveBoundary(metric.id, { ...boundary, generation })
    await loadAll(ports, 'gone')
    expect(world.warehouse.tables.get(orders.name)!.size).toBe(others.length)
    expect(await world.lake.list('exports')).toEqual([])
  })

  test('is dropped once the metric is declared no more, and that of a type stays as it is', async () => {
    await publish(both, 0)
    const without = pipelineOf([visits], [visit])
    await loadAll(portsOf(world, without), 'without')
    expect([...world.warehouse.tables.keys()].sort()).toEqual(['order', 'visit', 'visits_hourly'])
  })
})

describe('a table that cannot be loaded', () => {
  test('does not hold up the others, and is named with its reason', async () => {
    await publish(both, 0)
    await world.send(T0 + EPOCH, someEvents(1))
    world.clock = T0 + 2 * EPOCH
    const { load } = world.warehouse
    const taken = async (job: LoadJob) => {
      if (job.mark?.relation === 'orders_daily') throw new TributaryError('conflict', 'it is a view')
      return load(job)
    }
    Object.assign(world.warehouse, { load: taken })
    await expect(runBatch(portsOf(world, both))).rejects.toThrow('orders_daily: it is a view')
    Object.assign(world.warehouse, { load })
    const now = contentOf(world.warehouse.tables)
    await loadAll(portsOf(world, both), 'freed')
    const { orders_daily, ...others } = contentOf(world.warehouse.tables)
    expect(now).toMatchObject(others)
    expect(orders_daily).not.toEqual(now['orders_daily'])
  })
})

describe('a load that takes its time', () => {
  const loading = (statement: string): Loading => ({ state: 'loading', statement })
  const lost: Loading = { state: 'failed', failure: new TributaryError('unavailable', 'connection lost') }
  let answers: Loading[]
  let calls: (readonly [verb: string, job: string, statement?: string])[]

  const slow = (): Warehouse => {
    const memory = memoryWarehouse(world.file)
    const answer = async (job: LoadJob): Promise<Loading> => answers.shift() ?? memory.load(job)
    return {
      ...memory,
      load: job => {
        calls.push(['load', job.name])
        return answer(job)
      },
      ask: (job, statement) => {
        calls.push(['ask', job.name, statement])
        return answer(job)
      },
      stop: async statement => void calls.push(['stop', statement]),
    }
  }
  const one = pipelineOf([visits], [visit])

  /** Calls the step as the state machine does: what it is given has been JSON in between. */
  async function follow(): Promise<LoadWarehouseResult[]> {
    const load = createLoadWarehouse({ ...portsOf(world, one), warehouse: slow() })
    const results = [await load(beginning('run-1'))]
    while (results.at(-1)!.state === 'wait')
      results.push(await load(JSON.parse(JSON.stringify(results.at(-1)!.progress))))
    return results
  }

  beforeEach(async () => {
    calls = []
    answers = []
    await publish(both, 0)
  })

  test('is started once, then asked after with growing pauses', async () => {
    answers = [loading('a'), loading('a'), loading('b'), loading('b')]
    const results = await follow()
    expect(calls.slice(0, 5)).toEqual([
      ['load', 'run-1 0 0'],
      ...['a', 'a', 'b', 'b'].map(statement => ['ask', 'run-1 0 0', statement]),
    ])
    expect(results.map(({ state, seconds }) => [state, seconds])).toEqual([
      ...[1, 2, 4, 8].map(seconds => ['wait', seconds]),
      ['loaded', 0],
    ])
  })

  test('is started again under another name after a failure that passes, a few times', async () => {
    answers = [loading('a'), lost, loading('b')]
    expect((await follow()).at(-1)).toMatchObject({ state: 'loaded' })
    expect(new Set(calls.map(([, name]) => name)).size).toBeGreaterThan(2)
    answers = Array<Loading>(9).fill(lost)
    expect((await follow()).at(-1)).toMatchObject({
      state: 'behind',
      reason: expect.stringContaining('connection lost'),
    })
  })

  test('is given up, and named, where it fails for a reason that stays', async () => {
    answers = [loading('a'), { state: 'failed', failure: new TributaryError('corrupt_data', 'no number') }]
    expect((await follow()).at(-1)).toMatchObject({ state: 'behind', reason: 'visit: no number' })
  })

  test('is stopped where it does not end, and the run with it', async () => {
    answers = Array<Loading>(300).fill(loading('a'))
    expect((await follow()).at(-1)).toMatchObject({ state: 'behind' })
    expect(calls.at(-1)).toEqual(['stop', 'a'])
  })

  test('refuses a payload without progress', () => {
    const handler = createHandler({ ...portsOf(world, one), warehouse: slow() })
    expect(() => handler({ run: 'run-7' })).toThrow(expect.objectContaining({ code: 'bad_request' }))
  })
})
