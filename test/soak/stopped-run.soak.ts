import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Run } from '../../core/ports/runs.ts'
import * as tasks from '../../functions/batch/tasks.ts'
import type { StateMachineDefinition } from '../../local/batch/asl.ts'
import { createRunner, type Runner } from '../../local/batch/state-machine-runner.ts'
import type { TaskHandler, TaskHandlers } from '../../local/batch/task-handlers.ts'
import { recordedIn } from '../recorded-runs.ts'
import {
  createWorld,
  EPOCH,
  expectedViews,
  large,
  orders,
  pipelineOf,
  someEvents,
  T0,
  visibleState,
  visits,
  type World,
} from '../steps/batch/batch-kit.ts'
import { portsOf } from '../steps/batch/batch-run.ts'

/**
 * The machines `batch`, `backfill` and `replay` over real engines, stopped at their calls in turn: what one
 * leaves is what the next run begins with.
 */

async function machine(name: string): Promise<StateMachineDefinition> {
  const path = join(import.meta.dirname, '..', '..', 'state-machines', `${name}.asl.json`)
  // As on one machine.
  return JSON.parse(await readFile(path, 'utf8'), (key, value: unknown) =>
    key === 'MaxConcurrency' ? 1 : value,
  )
}
const machines = {
  batch: await machine('batch'),
  backfill: await machine('backfill'),
  replay: await machine('replay'),
}
const pipeline = pipelineOf([orders, large, visits])
const runs = new Map<string, Run>()
/** Whether the speed layer is at rest for a replay. */
let isPaused = false
const control = {
  pause: async () => {
    isPaused = true
    return { lanes: 1, sequenceOf: () => '9'.repeat(56) }
  },
  resume: async () => {
    isPaused = false
  },
}
let world: World
let runner: Runner
/** Calls of tasks of the run that goes on, and the one at which it is told to stop. */
let calls: string[] = []
let stopAt = Number.POSITIVE_INFINITY

const stoppable =
  (name: string, handler: TaskHandler): TaskHandler =>
  async (payload, context) => {
    calls.push(name)
    if (calls.length === stopAt) await runner.stop(context.run, 'ops')
    const result = await handler(payload, context)
    expect(context.signal.aborted).toBe(false)
    return result
  }

beforeAll(async () => {
  world = await createWorld(pipeline)
  const ports = portsOf(world, pipeline)
  const handlers: TaskHandlers = {
    PlanFunctionArn: tasks.plan(ports),
    PlanBackfillFunctionArn: tasks.planBackfill(ports),
    AwaitRawFunctionArn: tasks.awaitRaw(ports),
    RefineFunctionArn: tasks.refine(ports),
    AggregateFunctionArn: tasks.aggregate(ports),
    ReconcileFunctionArn: tasks.reconcile(ports),
    PublishFunctionArn: tasks.publish(ports),
    CommitFunctionArn: tasks.commit(ports),
    CertifyFunctionArn: tasks.certify(ports),
    RunModelsFunctionArn: tasks.runModels(ports),
    SweepFunctionArn: tasks.sweep(ports),
    ReplayFunctionArn: tasks.replay({ ...ports, control }),
  }
  let id = 0
  runner = createRunner({
    machines,
    handlers: Object.fromEntries(
      Object.entries(handlers).map(([name, handler]) => [name, stoppable(name, handler)]),
    ),
    runs: recordedIn(runs),
    log: { error: () => {} },
    now: () => world.clock,
    newId: () => `run-${id++}`,
  })
})
afterAll(async () => {
  await runner.drain()
  await world.dispose()
})

async function finished(at: number, name: keyof typeof machines = 'batch', input = {}): Promise<Run> {
  calls = []
  stopAt = at
  let last = await runner.start(name, input)
  for await (const run of runner.follow(last.id)) last = run
  return last
}

test('a batch that is stopped at any of its states publishes nothing by halves, and the next run is exact', async () => {
  const stopped: string[] = []
  for (let at = 1, hasEnded = false; !hasEnded; at++) {
    const epoch = T0 + (at - 1) * EPOCH
    await world.send(epoch, someEvents(at))
    world.clock = epoch + EPOCH
    const run = await finished(at)
    hasEnded = run.status === 'succeeded'
    if (!hasEnded) {
      expect([at, run.status, run.stoppedBy, calls.length]).toEqual([at, 'stopped', 'ops', at])
      stopped.push(calls.at(-1)!)
    }
    const boundaries = await Promise.all(pipeline.metrics.map(one => world.batch.boundary(one.id)))
    // A boundary is of this epoch or of the one before: nothing in between can be asked for.
    for (const boundary of boundaries) expect([epoch, epoch - EPOCH, undefined]).toContain(boundary?.epoch)
    const next = await finished(Number.POSITIVE_INFINITY)
    expect([at, next.status, next.error]).toEqual([at, 'succeeded', undefined])
    const { views } = await visibleState(world, pipeline)
    expect(views['orders_daily']!.partials).toEqual(expectedViews(world, orders, epoch))
  }
  expect([...new Set(stopped)]).toEqual(
    expect.arrayContaining([
      ...['PlanFunctionArn', 'AwaitRawFunctionArn', 'RefineFunctionArn', 'AggregateFunctionArn'],
      ...['ReconcileFunctionArn', 'PublishFunctionArn', 'CommitFunctionArn'],
    ]),
  )
}, 300_000)

test('a backfill that is stopped at any of its states leaves each metric as it was or as it is to be, and the next one is exact', async () => {
  const stopped: string[] = []
  const last = T0 + 40 * EPOCH
  await world.send(last, someEvents(999))
  world.clock = last + EPOCH
  expect((await finished(Number.POSITIVE_INFINITY)).status).toBe('succeeded')
  const views = async () => (await visibleState(world, pipeline)).views['orders_daily']!.partials
  for (let at = 1, hasEnded = false; !hasEnded; at++) {
    const before = await views()
    // Events that no run has counted, of an epoch that is published: what a backfill is for.
    await world.send(last, someEvents(1000 + at))
    const after = expectedViews(world, orders, last)
    expect(after).not.toEqual(before)
    const run = await finished(at, 'backfill', { last: '2h' })
    hasEnded = run.status === 'succeeded'
    if (!hasEnded) {
      expect([at, run.status, run.stoppedBy, calls.length]).toEqual([at, 'stopped', 'ops', at])
      stopped.push(calls.at(-1)!)
      expect([before, after]).toContainEqual(await views())
    }
    const next = await finished(Number.POSITIVE_INFINITY, 'backfill', { last: '2h' })
    expect([at, next.status, next.error]).toEqual([at, 'succeeded', undefined])
    expect(await views()).toEqual(after)
  }
  expect([...new Set(stopped)]).toEqual(
    expect.arrayContaining([
      ...['PlanBackfillFunctionArn', 'AwaitRawFunctionArn', 'RefineFunctionArn', 'AggregateFunctionArn'],
      ...['ReconcileFunctionArn', 'PublishFunctionArn', 'CommitFunctionArn'],
    ]),
  )
}, 300_000)

/** What the speed layer has after an epoch. */
async function realTime(after: number) {
  const query = { from: undefined, to: undefined, groups: undefined, limit: 100_000, after }
  const all = await Promise.all(pipeline.metrics.map(({ id }) => world.speed.query({ metric: id, ...query })))
  return all.map(partials => partials.map(one => JSON.stringify(one)).sort())
}

test('a replay that is told to stop while it works ends with the speed layer at work, and every number', async () => {
  const boundary = T0 + 60 * EPOCH
  await world.send(boundary, someEvents(5000))
  world.clock = boundary + EPOCH
  expect((await finished(Number.POSITIVE_INFINITY)).status).toBe('succeeded')
  await world.send(boundary + EPOCH, someEvents(5001))
  const whole = await realTime(boundary)
  for (const { id } of pipeline.metrics) await world.speed.drop(id, boundary + EPOCH)
  expect(await realTime(boundary)).not.toEqual(whole)
  // On one machine it is one call, at whose end nothing is left to be stopped.
  const run = await finished(1, 'replay')
  expect([run.status, run.error, calls.length]).toEqual(['succeeded', undefined, 1])
  expect(isPaused).toBe(false)
  expect(await realTime(boundary)).toEqual(whole)
}, 300_000)
