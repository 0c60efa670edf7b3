import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { createExplainMetric } from '../../../steps/explain/explain.ts'
import { createLookIntoLake } from '../../../steps/explain/look-into-lake.ts'
import { createQueryMetric } from '../../../steps/query-metric.ts'
import { CLOCK, type Draft } from '../../arbitraries.ts'
import { loadDeclared, SAMPLE } from '../../declared.ts'
import {
  createPlatformWorld,
  openPlatformEngines,
  type PlatformWorld,
} from '../../exactness/platform-world.ts'
import { createReceiver } from '../../exactness/received-log.ts'

const declared = await loadDeclared(SAMPLE)
const engines = await openPlatformEngines(declared)
afterAll(() => engines.dispose())
const { epochLength, horizon, start } = CLOCK
const DAY = Math.floor(start / 86_400_000) * 86_400_000

const flight = (id: string, data: object = {}): Draft => ({
  ...{ type: 'com.tributary.flight', id, source: 'urn:one', time: new Date(start).toISOString() },
  data: { origin: 'JFK', destination: 'LAX', distance: 100, delay: 3, ...data },
})

/** 150 flights of one day and origin, and some of them again: in their own epoch, and in the next one. */
const REQUESTS = [
  { wait: 0, drafts: Array.from({ length: 150 }, (_, i) => flight(`f${i}`)) },
  { wait: 1, drafts: [flight('f1'), flight('other', { origin: 'LAX' })] },
  { wait: epochLength, drafts: [flight('f2'), flight('late')] },
]

let world: PlatformWorld
let asking: ReturnType<typeof askingOf>
beforeEach(async () => {
  const log = await createReceiver(declared)(REQUESTS, 95n)
  world = createPlatformWorld(engines, log, { seed: 1, metrics: undefined, lanes: 1 })
  asking = askingOf(world)
  return () => world.dispose()
})

function askingOf({ batch, views, holds, ledger, countedSince, now, lake, engine }: PlatformWorld) {
  const { pipeline } = declared
  const ports = { pipeline, batchViews: batch, realTimeViews: views, holds, countedSince, now, epochLength }
  const queryMetric = createQueryMetric({ ...ports, readPast: undefined, speedLag: async () => 0 })
  let pauses = 0
  const explain = createExplainMetric({
    ...{ ...ports, queryMetric, ledger },
    lookIntoLake: createLookIntoLake({ pipeline, lake, engine, ledger, countedSince, epochLength, horizon }),
    pause: async () => void pauses++,
    patienceMs: 50,
  })
  const question = { name: 'flights_daily', at: DAY, group: { origin: 'JFK' }, where: {}, isThorough: false }
  return { ask: (more: object = {}) => explain({ ...question, ...more }), pauses: () => pauses }
}

const happen = async (...kinds: ('receive' | 'apply' | 'deliverRaw')[]) => {
  for (const kind of kinds) await world.happen({ kind, take: 1000, twice: true } as never)
}

describe('the parts of a live number', () => {
  test('are told with both figures while raw lines are on their way, after a wait', async () => {
    await happen('receive', 'apply')
    const found = await asking.ask()
    expect(asking.pauses()).toBeGreaterThan(0)
    expect(found).toMatchObject({ addsUp: false, values: { flights: 151 } })
    expect(found.parts.map(part => [part.matches, part.isSettled, part.values['flights']])).toEqual([
      [undefined, false, 150],
      [undefined, false, 1],
    ])
    await happen('deliverRaw')
    expect(await asking.ask()).toMatchObject({ addsUp: true, parts: [{ matches: true }, { matches: true }] })
  })

  test('do not add up while the speed layer is behind: its figure is the number', async () => {
    await world.happen({ kind: 'receive', take: 1000 })
    await happen('deliverRaw')
    expect(await asking.ask()).toMatchObject({ addsUp: true, values: null, parts: [] })
    await world.happen({ kind: 'apply', take: 3 })
    const { addsUp, parts } = await asking.ask()
    expect(addsUp).toBe(parts.every(({ matches }) => matches === true))
    await happen('apply')
    expect((await asking.ask()).addsUp).toBe(true)
  })
})

test('events come in pages, each once, in the order of receipts, and duplicates name what counts', async () => {
  await happen('receive', 'apply', 'deliverRaw')
  const first = await asking.ask()
  expect([first.events.length, first.hasMore]).toEqual([100, true])
  const second = await asking.ask({ after: first.events.at(-1)!.receipt })
  expect([second.events.length, second.hasMore]).toEqual([51, false])
  const ids = [...first.events, ...second.events].map(({ id }) => id)
  expect(new Set(ids)).toEqual(new Set([...Array.from({ length: 150 }, (_, i) => `f${i}`), 'late']))
  const { total, first: dropped } = first.duplicates
  expect(total).toBe(2)
  expect(dropped.map(one => [one.id, one.winner?.isOfCell])).toEqual([
    ['f1', true],
    ['f2', true],
  ])
})

test('more raw lines than a question reads are left out by name, and a thorough one reads them', async () => {
  await happen('receive', 'apply', 'deliverRaw')
  const { batch, views, holds, ledger, countedSince, now, lake, engine } = world
  const { pipeline } = declared
  const ports = { pipeline, batchViews: batch, realTimeViews: views, holds, countedSince, now, epochLength }
  const explain = createExplainMetric({
    ...{ ...ports, ledger, pause: async () => undefined, patienceMs: 0 },
    queryMetric: createQueryMetric({ ...ports, readPast: undefined, speedLag: async () => 0 }),
    lookIntoLake: createLookIntoLake({
      ...{ pipeline, lake, engine, ledger, countedSince, epochLength, horizon },
      liveBytes: 100,
    }),
  })
  const question = { name: 'flights_daily', at: DAY, group: { origin: 'JFK' }, where: {} }
  const { addsUp, parts, values } = await explain({ ...question, isThorough: false })
  expect({ addsUp, values }).toMatchObject({ addsUp: false, values: { flights: 151 } })
  expect(parts.map(({ unread }) => unread)).toEqual(['too large', 'too large'])
  expect((await explain({ ...question, isThorough: true })).addsUp).toBe(true)
})

test('a question that no cell answers says what is wrong with it', async () => {
  for (const [more, detail] of [
    [{ name: 'nothing' }, 'no metric is called "nothing"'],
    [{ at: DAY + 1 }, `the day that holds ${new Date(DAY + 1).toISOString()} starts at`],
    [{ group: {} }, 'give where.origin, or fewer fields in by'],
    [{ timezone: 'Mars/Phobos', window: 'day' }, 'timezone "Mars/Phobos" is unknown'],
    [{ timezone: 'Europe/Berlin', window: 'day' }, 'where no day of UTC does'],
  ] as const)
    await expect(asking.ask(more)).rejects.toThrow(detail)
})
