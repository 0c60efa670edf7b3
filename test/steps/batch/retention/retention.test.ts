import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  createWorld,
  EPOCH,
  expectedViews,
  iso,
  order,
  someEvents,
  T0,
  visibleState,
  type World,
} from '../batch-kit.ts'
import { portsOf, runBackfill, runBatch } from '../batch-run.ts'
import { batchAt, DAY, endOf, keeping, METRICS, rebuilt, sweptIn } from './retention-kit.ts'

const pipeline = keeping({ raw: '2d', curated: '3d' })
const { type } = order
const DAYS = 7

/** Each test goes on where the one before it has left the world. */
describe('what a contract keeps for a time', { timeout: 120_000 }, () => {
  let world: World
  const reports: Record<string, unknown>[] = []
  beforeAll(async () => {
    world = await createWorld(pipeline)
    for (let day = 0; day < DAYS; day++) {
      for (const hour of [0, 23])
        await world.send(T0 + day * DAY + hour * EPOCH, someEvents(day * 10 + hour, 16))
      reports.push(...(await batchAt(world, pipeline, endOf(day))))
    }
  }, 300_000)
  afterAll(() => world.dispose())

  async function expectNumbers(): Promise<void> {
    const { views } = await visibleState(world, pipeline)
    const fromLake = await rebuilt(world, pipeline)
    for (const metric of METRICS) {
      const expected = expectedViews(world, metric, world.clock)
      expect(views[metric.name]!.partials, metric.name).toEqual(expected)
      expect(fromLake[metric.name], `${metric.name} from the lake`).toEqual(expected)
    }
  }

  const daysIn = async (folder: string) => {
    const names = await world.lake.folders(folder)
    return [...new Set(names.map(name => name.replace(/^(tb)?epoch=/, '').slice(0, 8)))]
  }
  const days = (...of: readonly number[]) =>
    of.map(day =>
      iso(T0 + day * DAY)
        .slice(0, 10)
        .replaceAll('-', ''),
    )
  const instant = (day: number, hour = 0) => iso(T0 + day * DAY + hour * EPOCH).replace('.000', '')

  test('goes a day after it is out of use, and no number changes; other types keep all', async () => {
    // At the end of the seventh day raw data of three days is in use, and of the one before it still there.
    expect(await daysIn(`raw/type=${type}`)).toEqual(days(3, 4, 5, 6))
    expect(await daysIn(`curated/type=${type}`)).toEqual(days(2, 3, 4, 5, 6))
    for (const { id } of pipeline.metricsOf.get(type)!) {
      expect(await daysIn(`partials/metric=${id}`)).toEqual(days(3, 4, 5, 6))
      expect(await daysIn(`condensed/metric=${id}`)).toEqual(days(0, 1, 2, 3))
    }
    expect(await daysIn('raw/type=com.example.visit')).toHaveLength(DAYS)
    await expectNumbers()
  })

  test('is told by the report of the run: types, epochs and bytes', () => {
    const removed = sweptIn(reports).flatMap(swept => (swept['removed'] as Removed | undefined)?.[type] ?? [])
    expect(removed.map(({ raw }) => raw)).toEqual(
      [1, 2, 3].map(day => ({ epochs: 2, bytes: expect.any(Number), keptSince: instant(day), more: false })),
    )
    for (const { raw, curated } of removed)
      for (const { bytes } of [raw, curated ?? raw]) expect(bytes).toBeGreaterThan(500)
    const names = sweptIn(reports).flatMap(({ removed: each }) => Object.keys(each ?? {}))
    expect(new Set(names)).toEqual(new Set([type, 'orders_daily']))
    const condensed = sweptIn(reports)
      .map(swept => swept['condensed'])
      .filter(Boolean)
    expect(condensed[0]).toEqual({ orders_daily: { epochs: 2, before: instant(1), more: false } })
  })

  test('counts late events of windows that are condensed, and what a backfill finds for them', async () => {
    const late = someEvents(3, 40).map(event => ({ ...event, id: `late-${event.id}` }))
    await world.send(T0 + 7 * DAY, late)
    await batchAt(world, pipeline, endOf(7))
    await expectNumbers()
    const found = { type, id: 'found', time: iso(T0), data: { customer: 3, amount: 70 } }
    await world.send(T0 + 6 * DAY + 23 * EPOCH, [found])
    await runBackfill(portsOf(world, pipeline), { from: iso(T0 + 6 * DAY), to: iso(T0 + 8 * DAY) })
    await expectNumbers()
  })

  test('refuses a backfill of nothing but what is gone, and says what it leaves out of another', async () => {
    const range = { from: iso(T0), to: iso(T0 + 3 * EPOCH) }
    const [planned] = await runBackfill(portsOf(world, pipeline), range)
    expect(planned).toMatchObject({ leftOut: { [type]: { before: instant(5) } } })
    const alone = { ...pipeline, latest: new Map([[type, pipeline.latest.get(type)!]]) }
    await expect(runBackfill(portsOf(world, alone), range)).rejects.toThrow(
      /nothing before 2026-11-06T00:00:00Z can be computed again.*Give a "to" after it/,
    )
    await expectNumbers()
  })

  test('fills an emptied warehouse with every number', async () => {
    const before = [...world.warehouse.tables.get('orders_daily')!].sort()
    for (const { relation } of await world.warehouse.marks()) await world.warehouse.retire(relation, false)
    await runBatch(portsOf(world, pipeline), 'run-2')
    expect([...world.warehouse.tables.get('orders_daily')!].sort()).toEqual(before)
  })

  test('waits for an epoch that is still due, and goes on after it', async () => {
    await world.lake.put(`due/type=${type}/epoch=20261106T000000Z,run=.mark`, [])
    world.clock = endOf(9)
    await world.send(T0 + 9 * DAY, someEvents(90, 8))
    const waiting = await runBatch(portsOf(world, pipeline), 'run-3', [], 'leave')
    expect(sweptIn(waiting)).toContainEqual(expect.objectContaining({ waitsFor: { [type]: instant(5) } }))
    world.clock = endOf(10)
    await runBatch(portsOf(world, pipeline), 'run-4', [], 'leave')
    expect(await daysIn(`raw/type=${type}`)).toContain(days(5)[0])
    await batchAt(world, pipeline, endOf(10))
    await batchAt(world, pipeline, endOf(11))
    expect(await daysIn(`raw/type=${type}`)).not.toContain(days(5)[0])
    await expectNumbers()
  })

  test('lets raw lines that come after it count nowhere, and says so', async () => {
    const at = instant(0, 1).replaceAll(/[-:]/g, '')
    await world.lake.put(`raw/type=${type}/epoch=${at}/late.ndjson`, ['{}\n'])
    await world.lake.put(`due/type=${type}/epoch=${at},run=.mark`, [])
    const swept = sweptIn(await batchAt(world, pipeline, endOf(11)))
    expect(swept).toContainEqual(expect.objectContaining({ cameTooLate: { [type]: [instant(0, 1)] } }))
    expect(await world.lake.list('due')).toEqual([])
    expect(await daysIn(`raw/type=${type}`)).not.toContain(days(0)[0])
    await expectNumbers()
  })

  test('is looked for where it falls out, and nowhere once it is gone', async () => {
    const listed: string[] = []
    const ports = portsOf(world, pipeline)
    const lake = {
      ...ports.lake,
      folders: (...args: Parameters<typeof ports.lake.folders>) => {
        listed.push(args[0])
        return ports.lake.folders(...args)
      },
    }
    const { createSweep } = await import('../../../../steps/batch/retention/sweep.ts')
    await createSweep({ ...ports, lake })({})
    expect(listed).toEqual([])
  })
})

type Removed = Record<string, Record<'raw' | 'curated', { readonly bytes: number }>>
