import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { tallyId } from '../../../core/cells/tally.ts'
import { TributaryError } from '../../../core/errors.ts'
import { shownHolds } from '../../../steps/batch/held.ts'
import { restate } from '../../../steps/models/model-marks.ts'
import { modelRows } from '../../../steps/models/model-sources.ts'
import { createRunModels } from '../../../steps/models/run-models.ts'
import {
  createWorld,
  EPOCH,
  iso,
  order,
  orders,
  pipelineOf,
  T0,
  visit,
  type World,
} from '../batch/batch-kit.ts'
import { type BatchPorts, portsOf, runBatch } from '../batch/batch-run.ts'
import { MODELS } from './sample.ts'

const pipeline = pipelineOf([orders], undefined, MODELS)
let world: World
let ports: BatchPorts

beforeAll(async () => {
  world = await createWorld(pipeline)
  ports = portsOf(world, pipeline)
})
afterAll(() => world.dispose())

const rowsOf = async (name: string, order_ = 'ALL') => {
  const model = pipeline.models.find(each => each.name === name)!
  const rows = await modelRows(ports, model)
  return world.engine.session(session =>
    session.rows({ ...rows, sql: `SELECT * FROM ${rows.sql} AS r ORDER BY ${order_}` }),
  )
}

const ordered = (
  id: string,
  minute: number,
  customer: number,
  country: string | null,
  amount: number | null = 1,
) => ({
  ...{ type: order.type, id, time: iso(T0 + minute * 60_000), data: { customer, country, amount } },
})
const visited = (id: string, minute: number, page: string) => ({
  ...{ type: visit.type, id, time: iso(T0 + minute * 60_000), data: { page } },
})

const failing = pipelineOf([orders], undefined, {
  ...MODELS,
  page_totals: `${MODELS.page_totals.replace('-- key: page', '-- key: page\n-- test: rows visits > 2')}`,
})

describe('models', () => {
  test('are made of what a run has published, each after those that it reads', async () => {
    await world.send(T0, [ordered('o1', 5, 1, 'AT'), visited('v1', 10, '1'), visited('v2', 3, '1')])
    world.clock = T0 + EPOCH
    const reports = await runBatch(ports)
    expect(await rowsOf('visit_enriched')).toMatchObject([
      { event_id: 'v1', page: '1', country: 'AT', orders_before: 1n },
      { event_id: 'v2', page: '1', country: null, orders_before: null },
    ])
    expect(await rowsOf('page_totals')).toMatchObject([{ page: '1', visits: 2n, with_country: 1n }])
    expect(reports.find(report => 'models' in report)).toMatchObject({
      models: { visit_enriched: { epochs: 1, rows: 2 } },
    })
  })

  test('are corrected by rows that come late: a history, and what was looked up in it', async () => {
    await world.send(T0 + EPOCH, [ordered('o2', 2, 1, 'DE'), ordered('o3', 70, 1, 'DE', null)])
    world.clock = T0 + 2 * EPOCH
    await runBatch(ports, 'run-2')
    expect(await rowsOf('customer_country', 'valid_from')).toMatchObject([
      {
        country: 'DE',
        valid_from: new Date(T0 + 120_000),
        valid_to: new Date(T0 + 300_000),
        is_current: false,
      },
      {
        country: 'AT',
        valid_from: new Date(T0 + 300_000),
        valid_to: new Date(T0 + 70 * 60_000),
        is_current: false,
      },
    ])
    expect(await rowsOf('visit_enriched')).toMatchObject([
      { event_id: 'v1', country: 'AT', orders_before: 2n },
      { event_id: 'v2', country: 'DE', orders_before: 1n },
    ])
  })

  test('cost what is new: an epoch that nothing has changed is not made again', async () => {
    await world.send(T0 + 9 * EPOCH, [visited('v9', 9 * 60 + 1, '1')])
    world.clock = T0 + 10 * EPOCH
    const reports = await runBatch(ports, 'run-3')
    expect(reports.find(report => 'models' in report)).toMatchObject({
      models: { visit_enriched: { epochs: 1 } },
    })
    expect(await runBatch(ports, 'run-4').then(all => all.some(report => 'models' in report))).toBe(false)
  })

  test('are in the warehouse as they are in the lake', async () => {
    const { tables } = world.warehouse
    const visits = [...(tables.get('visit_enriched')?.values() ?? [])].join('\n').split('\n')
    expect(visits).toHaveLength(3)
    expect(visits[0]).toMatch(/^v1,1,2026-11-01 00:10:00\+00,AT,2,/)
    expect(tables.has('customer_country')).toBe(true)
    expect([...(tables.get('page_totals')?.values() ?? [])]).toEqual([expect.stringContaining('3')])
    expect(tables.has('page_names')).toBe(false)
  })

  test('a test that fails holds its table, says which rows, and leaves the others going', async () => {
    const strict = { ...ports, pipeline: failing }
    await world.send(T0 + 10 * EPOCH, [visited('v10', 601, '1')])
    world.clock = T0 + 11 * EPOCH
    const reports = await runBatch(strict, 'strict')
    expect(reports.find(report => 'models' in report)).toMatchObject({
      models: {
        visit_enriched: { epochs: 1 },
        page_totals: { failing: [{ test: 'rows visits > 2', rows: 1, keys: ['page=1'] }] },
      },
      held: { page_totals: { code: 'test_failed' } },
    })
    expect(await shownHolds(failing, world.holds)).toMatchObject([
      { kind: 'model', name: 'page_totals', keys: ['page=1'] },
    ])
    const sensitive = new Map(failing.latest).set(visit.type, {
      ...failing.latest.get(visit.type)!,
      sensitive: ['page'],
    })
    await runBatch({ ...ports, pipeline: { ...failing, latest: sensitive } }, 'masked')
    expect(await shownHolds(failing, world.holds)).toMatchObject([{ keys: ['page=(masked)'] }])
    expect((await world.batch.boundary(tallyId(visit.type)))?.epoch).toBe(T0 + 10 * EPOCH)
    await runBatch(ports, 'lenient')
    expect(await rowsOf('page_totals')).toMatchObject([{ page: '1', visits: 4n }])
    await runBatch(ports, 'lenient-2')
    expect(await shownHolds(pipeline, world.holds)).toEqual([])
  })

  test('a crash between any two steps leaves rows of before or of now, and the next run goes on', async () => {
    const tables = ['visit_enriched', 'customer_country', 'page_totals']
    const before = await Promise.all(tables.map(name => rowsOf(name)))
    for (let crash = 1, isThrough = false; !isThrough; crash++) {
      for (const { name } of pipeline.models.filter(each => tables.includes(each.name)))
        await restate(world.lake, pipeline.models.find(each => each.name === name)!, 0)
      let left = crash
      const orCrash =
        <A extends unknown[], R>(work: (...args: A) => Promise<R>) =>
        (...args: A) => {
          if (--left === 0) throw new TributaryError('unavailable', 'killed')
          return work(...args)
        }
      const { lake } = world
      const dying = {
        ...lake,
        put: orCrash(lake.put),
        remove: orCrash(lake.remove),
        replace: orCrash(lake.replace),
      }
      isThrough = await createRunModels({ ...ports, lake: dying })({ run: `crash-${crash}` }).then(
        () => true,
        () => false,
      )
      expect(await Promise.all(tables.map(name => rowsOf(name)))).toEqual(before)
    }
    await createRunModels(ports)({ run: 'after' })
    expect(await Promise.all(tables.map(name => rowsOf(name)))).toEqual(before)
    expect((await world.lake.list('model-marks')).filter(({ path }) => !path.includes('/known/'))).toEqual([])
  })

  test('restated since any epoch are what they are made from nothing', async () => {
    const model = pipeline.models.find(({ name }) => name === 'visit_enriched')!
    const before = await rowsOf('visit_enriched')
    for (const since of [0, T0, T0 + 5 * EPOCH]) {
      await restate(world.lake, model, since)
      await runBatch(ports, `restated-${since}`)
      expect(await rowsOf('visit_enriched')).toEqual(before)
    }
  })
})
