import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { tallyId } from '../../core/cells/tally.ts'
import { pathInstant } from '../../core/data/time.ts'
import { TributaryError } from '../../core/errors.ts'
import type { Run } from '../../core/ports/runs.ts'
import {
  aggregate,
  awaitRaw,
  certify,
  commit,
  loadWarehouse,
  makeRoles,
  plan,
  planBackfill,
  publish,
  reconcile,
  refine,
  replay,
  runModels,
  sweep,
} from '../../functions/batch/tasks.ts'
import type { StateMachineDefinition } from '../../local/batch/asl.ts'
import { createRunner, type Runner } from '../../local/batch/state-machine-runner.ts'
import { dueMarks, markDue } from '../../steps/batch/marks/due-marks.ts'
import { recordedIn } from '../recorded-runs.ts'
import {
  createWorld,
  EPOCH,
  expectedViews,
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
} from '../steps/batch/batch-kit.ts'
import { portsOf } from '../steps/batch/batch-run.ts'

const NAMES = ['batch', 'backfill', 'replay', 'spark'] as const
const machines = Object.fromEntries(
  await Promise.all(
    NAMES.map(async name => {
      const path = join(import.meta.dirname, '..', '..', 'state-machines', `${name}.asl.json`)
      return [name, JSON.parse(await readFile(path, 'utf8')) as StateMachineDefinition] as const
    }),
  ),
)

describe('in the runner', () => {
  const pipeline = pipelineOf([orders, large, visits])
  const runs = new Map<string, Run>()
  let world: World
  let runner: Runner
  let pauseFails = false
  /** What refining or aggregating comes to, in place of the step. */
  let failing: (task: Readonly<Record<string, unknown>>) => unknown = () => undefined
  let oneEpochARun = false
  let onResume = () => {}

  beforeEach(async () => {
    world = await createWorld(pipeline)
    const ports = portsOf(world, pipeline)
    pauseFails = false
    failing = () => undefined
    oneEpochARun = false
    onResume = () => {}
    const control = {
      pause: async () => {
        if (pauseFails) throw new TributaryError('internal', 'it cannot pause')
        return { lanes: 100, sequenceOf: () => '9'.repeat(56) }
      },
      resume: async () => onResume(),
    }
    let id = 0
    runner = createRunner({
      machines,
      handlers: {
        PlanFunctionArn: plan(ports),
        PlanBackfillFunctionArn: payload =>
          planBackfill(ports)(oneEpochARun ? withHistoryUsedUp(payload) : payload),
        AwaitRawFunctionArn: awaitRaw(ports),
        RefineFunctionArn: payload => orFails(payload, refine(ports)),
        AggregateFunctionArn: payload => orFails(payload, aggregate(ports)),
        ReconcileFunctionArn: payload => orFails(payload, reconcile(ports)),
        PublishFunctionArn: payload => orFails(payload, publish(ports)),
        MakeRolesFunctionArn: makeRoles({ makeRoles: undefined }),
        LoadWarehouseFunctionArn: loadWarehouse(ports),
        CommitFunctionArn: commit(ports),
        CertifyFunctionArn: certify(ports),
        RunModelsFunctionArn: runModels(ports),
        SweepFunctionArn: sweep(ports),
        ReplayFunctionArn: replay({ ...ports, control }),
      },
      runs: recordedIn(runs),
      log: { error: () => {} },
      now: () => world.clock,
      newId: () => `run-${id++}`,
    })
  })
  afterEach(async () => {
    await runner.drain()
    await world.dispose()
  })

  function orFails(payload: unknown, step: (payload: unknown) => unknown): unknown {
    const failure = failing(payload as Readonly<Record<string, unknown>>)
    if (failure !== undefined) throw failure
    return step(payload)
  }

  async function finished(machine: string, input: unknown = {}): Promise<Run> {
    let last = await runner.start(machine, input)
    for await (const run of runner.follow(last.id)) last = run
    return last
  }

  test('batch goes through every closed epoch and reports the reconciliation of each', async () => {
    for (const i of [0, 1]) await world.send(T0 + i * EPOCH, someEvents(i))
    world.clock = T0 + 2 * EPOCH
    const run = await finished('batch')
    expect(run).toMatchObject({ status: 'succeeded', report: { more: false } })
    expect(run.report['epochs']).toMatchObject({
      '20261101T000000Z': { reconciliation: { ok: true }, published: 3 },
      '20261101T010000Z': { reconciliation: { ok: true }, published: 3 },
    })
    expect(run.states.filter(state => state.name === 'Commit')).toHaveLength(2)
    const { views } = await visibleState(world, pipeline)
    expect(views['orders_daily']!.partials).toEqual(expectedViews(world, orders, T0 + EPOCH))
  })

  const boundaryOf = async (id: string) => (await world.batch.boundary(id))?.epoch
  const corrupt = () => new TributaryError('corrupt_data', 'lake: a row that cannot be')

  test.each([
    ['refining a type', 'RefineType', visits.type],
    ['aggregating a metric', 'AggregateMetric', visits.name],
    ['comparing the counts of a type', 'CompareItem', visit.type],
    ['comparing a metric', 'CompareItem', visits.name],
    ['writing the views of a metric', 'PublishMetric', visits.name],
  ])('where %s fails, it is held alone, and a later run makes it good', async (_, state, name) => {
    const visitId = pipeline.metrics.find(metric => metric.name === visits.name)!.id
    const orderId = pipeline.metrics.find(metric => metric.name === orders.name)!.id
    for (const i of [0, 1]) await world.send(T0 + i * EPOCH, someEvents(i))
    world.clock = T0 + 2 * EPOCH
    const id = name === visits.name ? visitId : tallyId(visits.type)
    failing = task =>
      task['state'] === state &&
      (task['type'] === visits.type || [task['metric'], comparedBy(task)].includes(id))
        ? corrupt()
        : undefined
    const run = await finished('batch')
    expect(run).toMatchObject({
      status: 'succeeded',
      report: { held: { [name]: { code: 'corrupt_data', epoch: '2026-11-01T00:00:00Z' } } },
    })
    expect(await boundaryOf(visitId)).toBeUndefined()
    expect(await boundaryOf(orderId)).toBe(T0 + EPOCH)
    failing = () => undefined
    await finished('batch')
    expect(await boundaryOf(visitId)).toBe(T0 + EPOCH)
    expect(await world.holds.list()).toEqual([])
  })

  const comparedBy = (task: Readonly<Record<string, unknown>>) =>
    (task['comparison'] as { readonly id: string } | undefined)?.id
  /** What Step Functions says of a function that was ended by its time-out. */
  const timedOut = () =>
    Object.assign(new Error('Task timed out after 900.00 seconds'), { name: 'Sandbox.Timedout' })

  test('each type and each metric is compared by an item of its own', async () => {
    await world.send(T0, someEvents(0))
    world.clock = T0 + EPOCH
    const seen: unknown[] = []
    failing = task => void (task['action'] === 'compare' && seen.push(comparedBy(task)))
    await finished('batch')
    const types = [order.type, visit.type].map(tallyId)
    expect(seen.toSorted()).toEqual([...types, ...pipeline.metrics.map(({ id }) => id)].toSorted())
  })

  test("a metric whose comparison takes all of a function's time is tried once more and held, and the others are published", async () => {
    await world.send(T0, someEvents(0))
    world.clock = T0 + EPOCH
    const slow = pipeline.metrics.find(metric => metric.name === orders.name)!.id
    let tries = 0
    failing = task => (comparedBy(task) === slow && ++tries ? timedOut() : undefined)
    const run = await finished('batch')
    expect(run.status).toBe('succeeded')
    expect(tries).toBe(2)
    expect(await world.holds.list()).toMatchObject([{ id: slow, code: 'Sandbox.Timedout' }])
    const through = await Promise.all(pipeline.metrics.map(({ id }) => boundaryOf(id)))
    expect(through).toEqual(pipeline.metrics.map(({ id }) => (id === slow ? undefined : T0)))
  })

  test('where no metric can be compared in time, the run fails with that and holds nothing', async () => {
    await world.send(T0, someEvents(0))
    world.clock = T0 + EPOCH
    failing = task => (comparedBy(task)?.startsWith('tally.') === false ? timedOut() : undefined)
    expect(await finished('batch')).toMatchObject({
      status: 'failed',
      error: { name: 'Sandbox.Timedout', cause: 'Task timed out after 900.00 seconds' },
    })
    expect(await world.holds.list()).toEqual([])
  })

  test('a comparison that finds the lock with another run fails the run and holds nothing', async () => {
    await world.send(T0, someEvents(0))
    world.clock = T0 + EPOCH
    failing = task =>
      comparedBy(task) === undefined ? undefined : new TributaryError('conflict', 'not mine')
    expect(await finished('batch')).toMatchObject({ status: 'failed', error: { name: 'conflict' } })
    expect(await world.holds.list()).toEqual([])
  })

  test('an engine that does not answer fails the run and holds nothing', async () => {
    await world.send(T0, someEvents(0))
    world.clock = T0 + EPOCH
    failing = task => (task['state'] === 'RefineType' ? new TributaryError('busy', 'not mine') : undefined)
    expect(await finished('batch')).toMatchObject({ status: 'failed', error: { name: 'busy' } })
    expect(await world.holds.list()).toEqual([])
  })

  test('batch waits, then goes on when raw data arrives', async () => {
    await world.send(T0, someEvents(0))
    world.clock = T0 + EPOCH
    world.withholdRaw(T0, true)
    setTimeout(() => world.withholdRaw(T0, false), 500)
    const run = await finished('batch')
    expect(run.status).toBe('succeeded')
    expect(run.states.map(state => state.name)).toContain('WaitForRaw')
  })

  test('a failure that no retry helps ends the run with its name', async () => {
    await world.send(T0, someEvents(0))
    world.clock = T0 + EPOCH
    const run = await finished('backfill', { from: 'yesterday', to: 'today' })
    expect(run).toMatchObject({ status: 'failed', error: { name: 'bad_request' } })
  })

  test('backfill goes through the epochs of its range', async () => {
    for (const i of [0, 1, 2]) await world.send(T0 + i * EPOCH, someEvents(i))
    world.clock = T0 + 3 * EPOCH
    await finished('batch')
    const run = await finished('backfill', { from: iso(T0), to: iso(T0 + 2 * EPOCH) })
    expect(run.status).toBe('succeeded')
    expect(Object.keys(run.report['epochs'] as object)).toEqual(['20261101T000000Z', '20261101T010000Z'])
  })

  test('backfill goes through the last published epochs', async () => {
    for (const i of [0, 1, 2]) await world.send(T0 + i * EPOCH, someEvents(i))
    world.clock = T0 + 3 * EPOCH
    await finished('batch')
    const run = await finished('backfill', { last: '2h' })
    expect(run).toMatchObject({
      status: 'succeeded',
      report: { more: false, range: { from: '2026-11-01T01:00:00Z', to: '2026-11-01T03:00:00Z' } },
    })
    expect(Object.keys(run.report['epochs'] as object)).toEqual(['20261101T010000Z', '20261101T020000Z'])
    expect(run.states.filter(state => state.name === 'Commit')).toHaveLength(2)
  })

  describe('with raw data that came late for an epoch', () => {
    const late: SentEvent = {
      ...{ type: order.type, id: 'late', time: iso(T0) },
      data: { customer: 1, amount: 60 },
    }
    const viewOf = async (name: string) => {
      const { views } = await visibleState(world, pipeline)
      return views[name]!.partials
    }
    beforeEach(async () => {
      await world.send(T0, someEvents(0))
      await world.send(T0 + EPOCH, [...someEvents(1), late])
      world.clock = T0 + 2 * EPOCH
      await finished('batch')
      await world.send(T0, [late])
      await markDue(world.lake, order.type, [T0])
      await world.send(T0 + 2 * EPOCH, someEvents(2))
      world.clock = T0 + 3 * EPOCH
      world.received.sort((a, b) => a.epoch - b.epoch)
    })

    test('batch computes it again, and what it makes a difference to, before it goes on', async () => {
      const { status, report } = await finished('batch')
      expect(status).toBe('succeeded')
      expect(Object.keys(report['epochs'] as object)).toEqual([0, 1, 2].map(i => pathInstant(T0 + i * EPOCH)))
      for (const metric of [orders, large, visits])
        expect(await viewOf(metric.name)).toEqual(expectedViews(world, metric, T0 + 2 * EPOCH))
      expect(await dueMarks(world.lake)).toEqual([])
    })

    test('batch goes on without it where it is told to leave it', async () => {
      const { report } = await finished('batch', { late: 'leave' })
      expect(Object.keys(report['epochs'] as object)).toEqual([pathInstant(T0 + 2 * EPOCH)])
      expect(await dueMarks(world.lake)).toHaveLength(1)
    })

    test('where that fails, it is held and tried once by each run, which goes on with the rest', async () => {
      failing = ({ state, epoch }) => (state === 'RefineType' && epoch === T0 ? corrupt() : undefined)
      const run = await finished('batch')
      expect(run.status).toBe('succeeded')
      expect(run.states.filter(({ name }) => name === 'Commit')).toHaveLength(2)
      expect(await world.holds.list()).toMatchObject([{ mode: 'recompute', epoch: T0, run: run.id }])
      failing = () => undefined
      await finished('batch')
      expect(await viewOf(large.name)).toEqual(expectedViews(world, large, T0 + 2 * EPOCH))
      expect(await world.holds.list()).toEqual([])
    })
  })

  test('a backfill that has done enough starts another one with the rest of its range', async () => {
    oneEpochARun = true
    for (const i of [0, 1, 2]) await world.send(T0 + i * EPOCH, someEvents(i))
    world.clock = T0 + 3 * EPOCH
    await finished('batch')
    runs.clear()
    const first = await finished('backfill', { last: '3h' })
    const to = '2026-11-01T03:00:00Z'
    expect(first).toMatchObject({
      status: 'succeeded',
      report: {
        more: true,
        continueFrom: '2026-11-01T01:00:00Z',
        range: { from: iso(T0).replace('.000', ''), to },
      },
    })
    const isEnded = () => [...runs.values()].some(run => run.report['more'] === false)
    await vi.waitUntil(isEnded, { timeout: 20_000 })
    const chain = [...runs.values()]
    expect(chain.map(run => run.input)).toMatchObject([
      { last: '3h' },
      { from: '2026-11-01T01:00:00Z', to },
      { from: '2026-11-01T02:00:00Z', to },
    ])
    expect(chain.map(run => Object.keys(run.report['epochs'] as object))).toEqual([
      ['20261101T000000Z'],
      ['20261101T010000Z'],
      ['20261101T020000Z'],
    ])
  })

  test('a backfill of a range and a length, or of neither, says what to give', async () => {
    const both = await finished('backfill', { from: iso(T0), to: iso(T0 + EPOCH), last: '1h' })
    expect(both.error).toMatchObject({
      name: 'bad_request',
      cause: expect.stringMatching(/"from" and "to", or "last", not both/),
    })
    const neither = await finished('backfill')
    expect(neither.error).toMatchObject({
      name: 'bad_request',
      cause: expect.stringMatching(/"from" and "to", or "last"/),
    })
  })

  test('a batch that asks for Spark scripts says that they run on AWS only', async () => {
    const run = await finished('batch', { scripts: ['s3://bucket/heavy.sql'] })
    expect(run).toMatchObject({ status: 'failed', error: { name: 'bad_request' } })
    expect(run.error?.cause).toMatch(/states:startExecution.sync:2 runs on AWS only/)
    expect((await finished('spark', {})).error).toMatchObject({ name: 'bad_request' })
  })

  test('a replay that fails lets the consumers go on', async () => {
    let resumed = 0
    pauseFails = true
    onResume = () => void resumed++
    expect(await finished('replay')).toMatchObject({ status: 'failed', error: { name: 'internal' } })
    expect(resumed).toBe(1)
  })

  test('replay rebuilds the real-time views of epochs after the boundary', async () => {
    await world.send(T0, someEvents(0))
    world.clock = T0 + EPOCH
    await finished('batch')
    for (const i of [1, 2]) await world.send(T0 + i * EPOCH, someEvents(i))
    const before = await realTime(world, pipeline)
    for (const { id } of pipeline.metrics) await world.speed.drop(id, T0 + EPOCH)
    const run = await finished('replay')
    expect(run.status).toBe('succeeded')
    expect(await realTime(world, pipeline)).toEqual(before)
  })
})

/** The plan's payload as if the run had used up its history by its second turn. */
function withHistoryUsedUp(payload: unknown): unknown {
  const fields = payload as { turn: number; spent: number }
  return fields.turn === 0 ? fields : { ...fields, spent: 20_000 }
}

async function realTime(world: World, pipeline: ReturnType<typeof pipelineOf>) {
  const query = { from: undefined, to: undefined, groups: undefined, limit: 100_000, after: T0 }
  const ids = [
    ...pipeline.metrics.map(m => m.id),
    ...[...pipeline.latest.keys()].map(type => `tally.${type}`),
  ]
  return Promise.all(
    ids.map(async metric => {
      const partials = await world.speed.query({ metric, ...query })
      return partials.map(p => JSON.stringify(p)).sort()
    }),
  )
}
