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
 * The machine `batch` over real engines, stopped at every one of its calls in turn: what it leaves is what
 * the next run begins with.
 */

const path = join(import.meta.dirname, '..', '..', 'state-machines', 'batch.asl.json')
const batch = JSON.parse(await readFile(path, 'utf8'), (key, value: unknown) =>
  // As on one machine.
  key === 'MaxConcurrency' ? 1 : value,
) as StateMachineDefinition
const pipeline = pipelineOf([orders, large, visits])
const runs = new Map<string, Run>()
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
    AwaitRawFunctionArn: tasks.awaitRaw(ports),
    RefineFunctionArn: tasks.refine(ports),
    AggregateFunctionArn: tasks.aggregate(ports),
    ReconcileFunctionArn: tasks.reconcile(ports),
    PublishFunctionArn: tasks.publish(ports),
    CommitFunctionArn: tasks.commit(ports),
    CertifyFunctionArn: tasks.certify(ports),
    RunModelsFunctionArn: tasks.runModels(ports),
    SweepFunctionArn: tasks.sweep(ports),
  }
  let id = 0
  runner = createRunner({
    machines: { batch },
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

async function finished(at: number): Promise<Run> {
  calls = []
  stopAt = at
  let last = await runner.start('batch', {})
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
}, 60_000)
