import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { formatCells } from '../../../core/cells/cells.ts'
import { tallyId } from '../../../core/cells/tally.ts'
import type { MetricDeclaration } from '../../../core/declare/metric.ts'
import { uncounted } from '../../../steps/replay/floors.ts'
import { createReplay, type ReplayPorts } from '../../../steps/replay/replay.ts'
import { expectedPartials, judge } from '../../oracle.ts'
import {
  CONTRACTS,
  createWorld,
  EPOCH,
  expectedViews,
  HORIZON,
  large,
  orders,
  pipelineOf,
  someEvents,
  T0,
  visibleState,
  visits,
  type World,
} from '../batch/batch-kit.ts'
import { portsOf, runBatch } from '../batch/batch-run.ts'

const RUNS = Number(process.env['RUNS'] ?? 5)

const METRICS = [orders, large, visits]
const pipeline = pipelineOf(METRICS)
const compiled = ({ name }: MetricDeclaration) => pipeline.metrics.find(metric => metric.name === name)!

/** What happens before a metric is declared, and after. Epochs are numbered from the first open one. */
const lives = fc.record({
  declared: fc.constantFrom(...METRICS),
  published: fc.integer({ min: 0, max: 2 }),
  /** Requests before the declaration: of an epoch that is over, or of the one that goes on. */
  before: fc.array(fc.constantFrom(0, 1), { maxLength: 3 }),
  /** Requests between the start and the fill, and after it. */
  between: fc.nat(2),
  after: fc.nat(2),
  /** At which change the process that fills is killed, at first; undefined: not at all. */
  killedAt: fc.option(fc.nat(7), { nil: undefined }),
  /** Whether it is filled before its batch. */
  isFilled: fc.boolean(),
})

class Killed extends Error {}

describe('a metric declared at any moment of the traffic of its type', () => {
  test(
    'is counted whole by the speed layer once it is filled, and published in any case without a difference',
    async () => {
      await fc.assert(
        fc.asyncProperty(lives, async life => {
          const world = await createWorld(pipeline)
          try {
            await live(world, life)
          } finally {
            await world.dispose()
          }
        }),
        { numRuns: RUNS },
      )
    },
    RUNS * 24_000,
  )
})

async function live(world: World, life: typeof lives extends fc.Arbitrary<infer T> ? T : never) {
  const { declared, published, before, between, after, killedAt, isFilled } = life
  const { id, name } = compiled(declared)
  let seed = 0
  const send = (epoch: number) => world.send(epoch, someEvents(seed++ % 3, 12))
  const first = T0 + published * EPOCH
  const current = first + EPOCH
  for (let i = 0; i < published; i++) await send(T0 + i * EPOCH)
  world.clock = first
  // The metric is not declared yet: neither layer counts it.
  const others = pipelineOf(METRICS.filter(metric => metric !== declared))
  await runBatch({ ...portsOf(world, others), warehouse: undefined as never }, 'run-1')
  for (const epoch of before) await send(first + epoch * EPOCH)
  await world.speed.drop(id, 'all')
  await world.countedSince.note(new Map([[id, current + EPOCH]]))
  for (let i = 0; i < between; i++) await send(current)
  if (isFilled) {
    const ports = replayPorts(world)
    expect(await uncounted(ports)).toEqual([name])
    if (killedAt !== undefined) {
      await createReplay(killedIn(ports, killedAt))({ only: [name] }).catch(ignoreKilled)
      await send(current)
    }
    await createReplay(ports)({ only: [name] })
    expect(await uncounted(ports)).toEqual([])
  }
  for (let i = 0; i < after; i++) await send(current)
  if (isFilled) await expectLive(world, declared)
  world.clock = current + EPOCH
  const reports = await runBatch({ ...portsOf(world, pipeline), warehouse: undefined as never }, 'run-2')
  expect(world.mismatches).toEqual([])
  expect(await world.holds.list()).toEqual([])
  const isPartial = world.received.some(({ epoch }) => epoch >= first)
  expect(JSON.stringify(reports).includes('declared in mid-epoch')).toBe(isPartial && !isFilled)
  const { views } = await visibleState(world, pipeline)
  for (const metric of METRICS)
    expect(views[metric.name]!.partials, metric.name).toEqual(expectedViews(world, metric, current))
}

/** Live numbers of every epoch that the metric's type is not published through. */
async function expectLive(world: World, declared: MetricDeclaration): Promise<void> {
  const { id, type, kinds } = compiled(declared)
  const through = (await world.batch.boundary(tallyId(type)))?.epoch ?? -Infinity
  const all = { from: undefined, to: undefined, groups: undefined, limit: 100_000 }
  const found = await world.speed.query({ metric: id, ...all, after: through })
  const judged = judge(world.received, { horizon: HORIZON, epochLength: EPOCH })
  const expected = expectedPartials(judged, declared, CONTRACTS, epoch => epoch > through)
  expect(
    found.map(({ window, group, cells }) => `${window} ${group} ${formatCells(kinds, cells)}`).sort(),
  ).toEqual(expected.map(({ window, group, cells }) => `${window} ${group} ${cells}`).sort())
}

function replayPorts(world: World): ReplayPorts {
  return {
    ...portsOf(world, pipeline),
    control: {
      pause: async () => {
        const place = world.place()
        return { lanes: 100, sequenceOf: () => place }
      },
      resume: async () => undefined,
    },
  }
}

/** Ports that die at a change, before its effect or after it by turns. */
function killedIn(ports: ReplayPorts, at: number): ReplayPorts {
  let changes = 0
  const deadly =
    <A extends unknown[], R>(call: (...args: A) => Promise<R>) =>
    async (...args: A): Promise<R> => {
      const change = changes++
      if (change > at || (change === at && at % 2 === 0)) throw new Killed()
      const result = await call(...args)
      if (change === at) throw new Killed()
      return result
    }
  const { speed, countedSince } = ports
  return {
    ...ports,
    speed: { write: deadly(speed.write), drop: deadly(speed.drop) },
    countedSince: { ...countedSince, note: deadly(countedSince.note) },
  }
}

function ignoreKilled(error: unknown): void {
  if (!(error instanceof Killed)) throw error
}
