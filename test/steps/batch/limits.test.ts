import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { tallyId } from '../../../core/cells/tally.ts'
import { checkedId } from '../../../core/declare/changes/seen-ids.ts'
import { rawFolder } from '../../../core/lake/lake-paths.ts'
import type { HeavyEngine } from '../../../core/ports/heavy-engine.ts'
import { openSparkEngine } from '../../../drivers/lake/spark/spark.ts'
import { heavyFor, requireFits } from '../../../steps/batch/choose-engine.ts'
import { historyOf, isOver } from '../../../steps/batch/limits.ts'
import { createPlan } from '../../../steps/batch/plan.ts'
import { createPlanBackfill } from '../../../steps/batch/plan-backfill.ts'
import { memoryCountedSince } from '../../counted-since.ts'
import {
  createWorld,
  EPOCH,
  iso,
  order,
  orders,
  pipelineOf,
  someEvents,
  T0,
  visit,
  visits,
} from './batch-kit.ts'
import { portsOf, runBatch } from './batch-run.ts'

const type = (name: string) => ({ type: name, epoch: 0 })
const metric = (id: string) => ({ metric: id, epoch: 0, mode: 'append' as const })
const work = (types: number, metrics: number) => ({
  types: Array.from({ length: types }, (_, i) => type(`t${i}`)),
  metrics: Array.from({ length: metrics }, (_, i) => metric(`m${i}`)),
})

/** Turns that a run does before it leaves the rest to the next. */
function turnsOf(each: ReturnType<typeof work>): number {
  let [turn, spent] = [0, historyOf(each)]
  while (!isOver(turn, spent)) [turn, spent] = [turn + 1, spent + historyOf(each)]
  return turn
}

type State = {
  readonly Type: string
  readonly Next?: string
  readonly ItemsPath?: string
  readonly ItemProcessor?: { readonly StartAt: string; readonly States: Readonly<Record<string, State>> }
}
const machine = join(import.meta.dirname, '../../../state-machines/batch.asl.json')
const batch = JSON.parse(await readFile(machine, 'utf8')) as { readonly States: Record<string, State> }

/** Where a turn goes that has work and finds all of it there, and where it ends. */
const CHOSEN: Readonly<Record<string, string | undefined>> = {
  ...{ IsThereWork: 'BeginWait', IsRawComplete: 'Refine', IsReconciled: 'Publish', IsCommitted: 'Certify' },
  Certify: undefined,
}
/** History events of a state where nothing fails, as executions have them. */
const EVENTS: Readonly<Record<string, number>> = { Task: 5, Map: 4, Pass: 2, Choice: 2 }

/** Events from a state on, with so many items a Map. */
function eventsOf(
  states: Readonly<Record<string, State>>,
  from: string,
  items: Readonly<Record<string, number>>,
): number {
  let events = 0
  for (let at: string | undefined = from; at !== undefined; ) {
    const { Type, Next, ItemsPath, ItemProcessor }: State = states[at]!
    events += EVENTS[Type]!
    if (ItemProcessor !== undefined)
      events += items[ItemsPath!]! * (2 + eventsOf(ItemProcessor.States, ItemProcessor.StartAt, items))
    at = at in CHOSEN ? CHOSEN[at] : Next
  }
  return events
}

describe('what a run takes on', () => {
  test('is at most 500 epochs, and fewer where an execution could not hold their history', () => {
    expect(turnsOf({ types: [], metrics: [] })).toBeLessThanOrEqual(500)
    const turns = turnsOf(work(5, 20))
    expect(turns).toBeGreaterThan(25)
    expect(turns * historyOf(work(5, 20))).toBeLessThan(25_000)
  })

  test.each([
    [0, 0],
    [1, 1],
    [4, 0],
    [5, 4],
    [33, 2],
  ])(
    'is reckoned with the events that the machine takes: of %i types with %i metrics each',
    (types, metrics) => {
      const each = work(types, types * metrics)
      const byType = Array.from({ length: metrics === 0 ? 0 : types }, (_, i) => ({
        type: `t${i}`,
        metrics: [],
      }))
      const taken = eventsOf(batch.States, 'Plan', {
        '$.plan.work.types': types,
        '$.plan.work.byType': byType.length,
        '$.metrics': metrics,
        '$.reconciled.items': types + types * metrics,
        '$.plan.work.metrics': types * metrics,
      })
      const reckoned = historyOf({ ...each, byType })
      expect(reckoned - taken).toBeGreaterThanOrEqual(10)
      expect(reckoned - taken).toBeLessThanOrEqual(20)
    },
  )

  test('is always one epoch', () => {
    expect(turnsOf(work(100, 2000))).toBe(1)
  })
})

const allowing = (largestEpoch: number) => ({ limits: { largestEpoch } })

describe('the largest epoch', () => {
  const pipeline = pipelineOf([orders])
  const ports = {
    pipeline,
    countedSince: memoryCountedSince(pipeline),
    lake: {
      list: async () => [
        { path: 'a', bytes: 600 },
        { path: 'b', bytes: 500 },
      ],
    },
  }

  test('is refused by name of the setting that allows it', async () => {
    await expect(requireFits({ ...ports, engine: allowing(1000) }, [type('order')])).rejects.toMatchObject({
      code: 'too_large',
      message: expect.stringMatching(
        /^epoch 19700101T000000Z of order has 1100 bytes.*TRIBUTARY_LARGEST_EPOCH/,
      ),
    })
  })

  test('fits when it is as large as allowed, or nothing is said', async () => {
    await requireFits({ ...ports, engine: allowing(1100) }, [type('order')])
    await requireFits({ ...ports, engine: allowing(Number.POSITIVE_INFINITY) }, [type('order')])
  })

  const spark = openSparkEngine({
    ...{ folder: '/lake', aside: '.aside', master: 'local[1]' },
    hold: async () => () => {},
  })

  test('is the largest that DuckDB takes on where there is Spark, which computes larger ones', async () => {
    const beside = (largestEpoch: number) => ({ ...ports, heavy: [spark], engine: allowing(largestEpoch) })
    expect(await heavyFor(beside(1100), type(order.type))).toBeUndefined()
    expect(await heavyFor({ ...beside(100), heavy: undefined }, type(order.type))).toBeUndefined()
    const choice = await heavyFor(beside(1000), type(order.type))
    expect(choice).toMatchObject({ engine: spark, why: 'spark: 0.0011 MB above 0.001 MB' })
    await requireFits(beside(1000), [type(order.type)])
  })

  test('goes by size to the first of several that takes on so much, and is held where none does', async () => {
    const small = { ...spark, name: 'athena', limits: allowing(1050).limits }
    const among = (heavy: readonly HeavyEngine[]) => ({ ...ports, heavy, engine: allowing(100) })
    const first = await heavyFor(
      among([{ ...small, limits: allowing(1100).limits }, spark]),
      type(order.type),
    )
    expect(first?.why).toBe('athena: 0.0011 MB above 0.0001 MB')
    const second = await heavyFor(among([small, spark]), type(order.type))
    expect(second).toMatchObject({ engine: spark, why: 'spark: 0.0011 MB above 0.00105 MB' })
    await expect(requireFits(among([small]), [type(order.type)])).rejects.toMatchObject({
      ...{ code: 'too_large', message: expect.stringContaining('allows 1050') },
    })
  })

  test('is that of curated rows where raw data has expired', async () => {
    const lake = {
      list: async (folder: string) => (folder.startsWith('curated/') ? [{ path: 'a', bytes: 5e8 }] : []),
    }
    const choice = await heavyFor({ ...ports, lake, heavy: [spark], engine: allowing(1e8) }, type(order.type))
    expect(choice?.why).toBe('spark: 500 MB above 100 MB')
  })

  test('holds all the same what may be older than its declaration, which Spark does not read', async () => {
    const countedSince = memoryCountedSince(pipeline, {
      [checkedId(pipeline.latest.get(order.type)!)]: EPOCH,
    })
    const older = { ...ports, countedSince, heavy: [spark], engine: allowing(1000) }
    await expect(requireFits(older, [type(order.type)])).rejects.toMatchObject({
      code: 'too_large',
      message: expect.stringContaining('older than what is declared, which spark does not read'),
    })
  })

  test('begins neither a batch nor a backfill with an epoch that is too large', async () => {
    const pipeline = pipelineOf([orders])
    const world = await createWorld(pipeline)
    const ports = portsOf(world, pipeline)
    await world.send(T0, someEvents(0))
    world.clock = T0 + EPOCH
    const small = { ...ports, engine: { ...ports.engine, ...allowing(100) } }
    expect(await createPlan(small)({ turn: 0, run: 'r' })).toMatchObject({ status: 'done', more: false })
    expect(await world.holds.list()).toMatchObject(
      [order, visit].map(({ type }) => ({ id: tallyId(type), code: 'too_large' })),
    )
    await runBatch(ports)
    const range = { turn: 0, run: 'r', last: undefined, range: { from: iso(T0), to: iso(T0 + EPOCH) } }
    await expect(createPlanBackfill(small)(range)).rejects.toMatchObject({ code: 'too_large' })
    const large = { ...ports, engine: { ...ports.engine, ...allowing(1e9) } }
    const work = await createPlanBackfill(large)({ ...range, spent: 17_000 })
    expect(work).toMatchObject({ status: 'work', turn: 1, spent: 17_000 + historyOf(work as never) })
    await world.dispose()
  })

  test('holds a type whose epoch is too large, and does everything else', async () => {
    const pipeline = pipelineOf([orders, visits])
    const world = await createWorld(pipeline)
    const ports = portsOf(world, pipeline)
    const [first, second] = [someEvents(0), someEvents(1)]
    await world.send(T0, first)
    await world.send(
      T0 + EPOCH,
      second.filter(event => event.type === visit.type),
    )
    world.clock = T0 + 3 * EPOCH
    const bytesOf = async (type: string) =>
      (await world.lake.list(rawFolder(type, T0))).reduce((sum, { bytes }) => sum + bytes, 0)
    const largestEpoch = (await bytesOf(order.type)) - 1
    expect(await bytesOf(visit.type)).toBeLessThan(largestEpoch)
    const small = { ...ports, engine: { ...ports.engine, ...allowing(largestEpoch) } }
    await runBatch(small)
    expect(await world.holds.list()).toMatchObject([{ id: tallyId(order.type), code: 'too_large' }])
    const through = async (id: string) => (await world.batch.boundary(id))?.epoch
    expect(await through(tallyId(visit.type))).toBe(T0 + 2 * EPOCH)
    expect(await through(tallyId(order.type))).toBeUndefined()
    await runBatch(ports, 'run-2')
    expect(await world.holds.list()).toEqual([])
    for (const type of [visit.type, order.type]) expect(await through(tallyId(type))).toBe(T0 + 2 * EPOCH)
    await world.dispose()
  })
})
