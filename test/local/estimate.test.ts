import { describe, expect, test } from 'vitest'
import { loadPipeline } from '../../drivers/pipeline/folder.ts'
import { epochBill } from '../../local/estimate/epoch.ts'
import { estimate } from '../../local/estimate/estimate.ts'
import { monthly } from '../../local/estimate/monthly.ts'
import { PRICE_TABLE, REGIONS } from '../../local/estimate/price-table.ts'
import { type PriceName, type Prices, pricesOf } from '../../local/estimate/prices.ts'
import { RESOURCE_COSTS } from '../../local/estimate/resource-costs.ts'
import { readStack } from '../../local/estimate/stack.ts'
import { standing } from '../../local/estimate/standing.ts'
import { type Machine, transitionsOf } from '../../local/estimate/transitions.ts'
import type { Workload } from '../../local/estimate/workload.ts'
import batch from '../../state-machines/batch.asl.json' with { type: 'json' }
import warehouse from '../../state-machines/warehouse.asl.json' with { type: 'json' }

const pipeline = await loadPipeline('pipeline')
const stack = await readStack('prod')
const { prices } = pricesOf('us-east-1')
const trip = pipeline.latest.get('com.tributary.trip')!

const workload: Workload = {
  flows: [
    {
      contract: trip,
      eventsPerSecond: 1000,
      dedupe: 'event',
      metrics: pipeline.metricsOf.get(trip.type)!.map(metric => ({ metric, groups: 500 })),
    },
  ],
  ...{ eventBytes: 1024, batch: 100, partitions: 4, freshness: 10, epochLength: 3_600_000, prices, stack },
}

/** All lines of an estimate. */
async function linesOf(one: Workload) {
  const parts = [estimate(one), standing(one.stack, one.prices), await epochBill(one)]
  return parts.flatMap(({ lines }) => lines)
}

async function total(one: Prices): Promise<number> {
  return (await linesOf({ ...workload, prices: one })).reduce((sum, { dollars }) => sum + dollars, 0)
}

describe('the estimate of costs', () => {
  test('uses every price of the table: twice a price is a dearer estimate', async () => {
    const before = await total(prices)
    for (const name of Object.keys(PRICE_TABLE) as PriceName[])
      expect(await total({ ...prices, [name]: prices[name] * 2 }), name).toBeGreaterThan(before)
  })

  test('has a price, or the reference, for each region, and no line without one', async () => {
    for (const region of REGIONS)
      for (const { item, dollars } of await linesOf({ ...workload, prices: pricesOf(region).prices })) {
        expect(dollars, `${region}: ${item}`).toBeGreaterThan(0)
        expect(dollars, `${region}: ${item}`).toBeLessThan(1000)
      }
    for (const { dollars } of Object.values(PRICE_TABLE)) expect(dollars).toHaveLength(REGIONS.length)
  })

  test('says which prices of a region it has not and borrows, and refuses a region it knows nothing of', () => {
    expect(pricesOf('us-east-1').borrowed).toEqual([])
    expect(pricesOf('eu-central-1').borrowed).toContain('firehoseByte')
    expect(pricesOf('eu-west-2').borrowed).not.toContain('firehoseByte')
    expect(pricesOf('eu-central-1').prices.kinesisStreamHour).toBeGreaterThan(prices.kinesisStreamHour)
    expect(() => pricesOf('mars-north-1')).toThrow(/--region mars-north-1.*us-east-1/)
  })

  test('has a line for everything that RESOURCE_COSTS says is billed', async () => {
    const items = (await linesOf(workload)).map(({ item }) => item)
    for (const [type, cost] of Object.entries(RESOURCE_COSTS))
      if ('line' in cost) expect(items, type).toContain(cost.line)
  })

  test('counts the state transitions of a run, those of a map once a type or metric', () => {
    const ofBatch = (types: number, metrics: number) =>
      transitionsOf(batch as unknown as Machine, { types, metrics })
    expect(ofBatch(2, 3) - ofBatch(1, 3)).toBe(ofBatch(3, 3) - ofBatch(2, 3))
    expect(ofBatch(1, 4) - ofBatch(1, 3)).toBeGreaterThanOrEqual(3)
    expect(ofBatch(2, 3) - ofBatch(1, 3)).toBeGreaterThanOrEqual(2)
    // Round once with work, and on to the end: Plan is entered twice, what follows the last choice once.
    const machine = {
      StartAt: 'Plan',
      States: {
        Plan: { Type: 'Task', Next: 'IsThereWork' },
        IsThereWork: { Type: 'Choice', Choices: [{ Next: 'Each' }], Default: 'Done' },
        Each: {
          ...{ Type: 'Map', ItemsPath: '$.types', Next: 'Plan' },
          ItemProcessor: { StartAt: 'One', States: { One: { Type: 'Task' } } },
        },
        Done: { Type: 'Succeed' },
      },
    }
    expect(transitionsOf(machine, { types: 7, metrics: 1 })).toBe(2 + 1 + 7 + 2 + 1)
    expect(transitionsOf(warehouse as unknown as Machine, { types: 1, metrics: 1 })).toBe(5)
  })

  test('adds a month up from its parts, with the weekly backfill as often as its schedule says', async () => {
    const month = await monthly(workload, estimate(workload), pipeline.schedules)
    expect(month.epochs).toBe(720)
    expect(month.backfills.epochs).toBeCloseTo((7 * 24 * 30) / 7, 5)
    const { traffic, batches, all } = month.months
    expect(all).toBeCloseTo(traffic + batches + month.standing.dollars, 6)
    expect(batches).toBeCloseTo(month.epoch.dollars * 720 + month.backfills.dollars, 6)
  })

  test('shows what short epochs and a warehouse cost', async () => {
    const dear = await monthly({ ...workload, epochLength: 60_000 }, estimate(workload), [])
    const usual = await monthly(workload, estimate(workload), [])
    expect(dear.months.batches).toBeGreaterThan(usual.months.batches * 10)
    const without = { ...workload, stack: await readStack('dev') }
    expect((await epochBill(without)).lines.map(({ part }) => part)).not.toContain('warehouse')
  })
})
