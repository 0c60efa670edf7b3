import { afterEach, describe, expect, test } from 'vitest'
import type { ContractDeclaration } from '../../../core/declare/contract.ts'
import {
  count,
  distinct,
  first,
  last,
  max,
  min,
  quantile,
  stddev,
  sum,
} from '../../../core/declare/measures.ts'
import { defineMetric, type MetricDeclaration } from '../../../core/declare/metric.ts'
import { createAggregate } from '../../../steps/batch/aggregate.ts'
import {
  createWorld,
  EPOCH,
  expectedViews,
  iso,
  pipelineOf,
  type SentEvent,
  T0,
  visibleState,
  type World,
} from './batch-kit.ts'
import { portsOf, runBackfill, runBatch } from './batch-run.ts'

/** A field's declaration changes between two epochs: history and what comes after it are one. */

const type = 'com.example.sale'

type Declared = { readonly schema: object; readonly scale?: number; readonly more?: object }

function contract({ schema, scale, more = {} }: Declared): ContractDeclaration {
  const properties = { shop: { type: 'string' }, amount: schema, ...more }
  const data = { type: 'object', required: ['shop'], properties } as ContractDeclaration['data']
  return { type, version: 1, partitionBy: ['shop'], data, ...(scale !== undefined && { scale }) }
}

const measured = {
  n: count(),
  total: sum('amount'),
  least: min('amount'),
  most: max('amount'),
  values: distinct('amount'),
  p50: quantile('amount', 0.5),
  spread: stddev('amount'),
  first: first('amount'),
  last: last('amount'),
}

const metrics = [
  defineMetric({ name: 'sales_daily', type, window: 'day', by: ['shop'], measures: measured }),
  defineMetric({
    name: 'sales_by_amount',
    type,
    window: 'day',
    by: ['amount'],
    where: { amount: { gte: -0.5, in: [5, 7, 0, 12] } },
    measures: { n: count() },
  }),
]
/** While the field has no decimal places that a metric could use. */
const counting = defineMetric({ name: 'counted', type, window: 'day', measures: { n: count() } })

let sent = 0
const sales = (amounts: readonly (number | null | undefined)[]): SentEvent[] =>
  amounts.map((amount, i) => {
    const data = { shop: 'ab'[i % 2], ...(amount !== undefined && { amount }) }
    return { type, id: `${sent++}`, time: iso(T0 - 60_000 * (sent % 50)), partition: i % 3, data }
  })

let world: World
afterEach(() => world.dispose())

const WHOLE = [5, 1, 7, 7, 5, 0, -3, 2_147_483_648, 9_007_199_254_740, 12]
const TWO_PLACES = [...WHOLE, 2.5, 0.01, -0.01, 5.05, 7, 1.1]
const FOUR_PLACES = [...TWO_PLACES, 0.0001, 2.5001, 7]

/** Before, after, and what is sent under each. */
type Change = readonly [string, Declared, readonly number[], Declared, readonly number[]]

const CHANGES: readonly Change[] = [
  [
    'an integer becomes a number',
    { schema: { type: 'integer' } },
    WHOLE,
    { schema: { type: 'number' }, scale: 2 },
    TWO_PLACES,
  ],
  [
    'an integer becomes a number without places',
    { schema: { type: 'integer' } },
    WHOLE,
    { schema: { type: 'number' }, scale: 0 },
    WHOLE,
  ],
  [
    'a number keeps more places',
    { schema: { type: 'number' }, scale: 2 },
    TWO_PLACES,
    { schema: { type: 'number' }, scale: 4 },
    FOUR_PLACES,
  ],
  [
    'a number is given its places',
    { schema: { type: 'number' } },
    TWO_PLACES,
    { schema: { type: 'number' }, scale: 2 },
    TWO_PLACES,
  ],
]

async function exact(metric: MetricDeclaration, contracts: readonly ContractDeclaration[], through: number) {
  const { views } = (await visibleState(world, pipelineOf([metric], contracts))) as {
    views: Record<string, { partials: unknown }>
  }
  expect(views[metric.name]!.partials, metric.name).toEqual(expectedViews(world, metric, through, contracts))
}

describe.each(CHANGES)('when %s', (_name, before, older, after, newer) => {
  const canMeasure = before.scale !== undefined || !JSON.stringify(before.schema).includes('"number"}')
  const start = pipelineOf(canMeasure ? metrics : [counting], [contract(before)])
  const contracts = [contract(after)]
  const next = pipelineOf(metrics, contracts)

  test('batch views hold the history and what follows, before and after a backfill', async () => {
    world = await createWorld(start)
    for (const i of [0, 1]) await world.send(T0 + i * EPOCH, sales(older))
    world.clock = T0 + 2 * EPOCH
    await runBatch(portsOf(world, start))

    world.evolve(next)
    await world.send(T0 + 2 * EPOCH, sales(newer))
    world.clock = T0 + 3 * EPOCH
    await runBatch(portsOf(world, next), 'run-2')
    for (const metric of metrics) await exact(metric, contracts, T0 + 2 * EPOCH)
    const loaded = amountsOf(world)
    expect(loaded).toEqual([...older, ...older, ...newer].map(String).sort())

    await runBackfill(portsOf(world, next), { from: iso(T0), to: iso(T0 + 3 * EPOCH) })
    for (const metric of metrics) await exact(metric, contracts, T0 + 2 * EPOCH)
    expect(amountsOf(world)).toEqual(loaded)
    expect(world.mismatches).toEqual([])
  })
})

test('a column that cannot be what its field is now is refused by name, and only where it is read', async () => {
  const start = pipelineOf([counting], [contract({ schema: { type: 'string' } })])
  world = await createWorld(start)
  await world.send(T0, [{ type, id: 'a', time: iso(T0), data: { shop: 'a', amount: '007' } }])
  world.clock = T0 + EPOCH
  await runBatch(portsOf(world, start))

  const next = pipelineOf([counting, ...metrics], [contract({ schema: { type: 'integer' } })])
  const aggregate = createAggregate(portsOf(world, next))
  const work = next.metrics.map(({ id }) => ({ metric: id, epoch: T0, mode: 'append' }) as const)
  const [counted, byAmount] = work
  await expect(aggregate(counted!)).resolves.toMatchObject({ partials: 1 })
  await expect(aggregate(byAmount!)).rejects.toThrow(
    `${type} in the epoch 20261101T000000Z: field "amount" was string and is integer`,
  )
})

test('a number that the decimal places of now leave no digits for is named with its field', async () => {
  const start = pipelineOf([counting], [contract({ schema: { type: 'number' }, scale: 2 })])
  world = await createWorld(start)
  await world.send(T0, sales([1_000_000_000_000_000, 999.99]))
  world.clock = T0 + EPOCH
  await runBatch(portsOf(world, start))

  const next = pipelineOf(metrics, [contract({ schema: { type: 'number' }, scale: 3 })])
  const aggregate = createAggregate(portsOf(world, next))
  const work = { metric: next.metrics[0]!.id, epoch: T0, mode: 'append' } as const
  await expect(aggregate(work)).rejects.toThrow(
    /field amount holds a number that 18 digits, 3 of them decimal places, cannot hold; declare fewer/,
  )
})

/** Amounts in the table of the warehouse, shortest. */
function amountsOf({ warehouse }: World): string[] {
  const rows = [...warehouse.tables.get('sale')!.values()].flatMap(text => text.split('\n'))
  return rows.map(row => String(Number(row.slice(row.lastIndexOf(',') + 1)))).sort()
}
