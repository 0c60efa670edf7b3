import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Run } from '../../core/ports/runs.ts'
import { createHandler as aggregate } from '../../functions/batch/aggregate.ts'
import { createHandler as awaitRaw } from '../../functions/batch/await-raw.ts'
import { createHandler as commit } from '../../functions/batch/commit.ts'
import { createHandler as loadWarehouse } from '../../functions/batch/load-warehouse.ts'
import { createHandler as plan } from '../../functions/batch/plan.ts'
import { createHandler as planBackfill } from '../../functions/batch/plan-backfill.ts'
import { createHandler as publish } from '../../functions/batch/publish.ts'
import { createHandler as reconcile } from '../../functions/batch/reconcile.ts'
import { createHandler as refine } from '../../functions/batch/refine.ts'
import { createHandler as replay } from '../../functions/batch/replay.ts'
import type { StateMachineDefinition } from '../../local/batch/asl.ts'
import { createRunner, type Runner } from '../../local/batch/state-machine-runner.ts'
import {
  createWorld,
  EPOCH,
  expectedViews,
  iso,
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

const NAMES = ['batch', 'backfill', 'replay'] as const
const machines = Object.fromEntries(
  await Promise.all(
    NAMES.map(async name => {
      const path = join(import.meta.dirname, '..', '..', 'state-machines', `${name}.asl.json`)
      return [name, JSON.parse(await readFile(path, 'utf8')) as StateMachineDefinition] as const
    }),
  ),
)

type Validate = (definition: unknown) => { isValid: boolean; errors: readonly unknown[] }
const require = createRequire(import.meta.resolve('aws-local-stepfunctions'))
const validate = require('asl-validator') as Validate

describe.each(NAMES)('%s.asl.json', name => {
  test('is valid Amazon States Language', () => {
    const text = JSON.stringify(machines[name]).replaceAll(
      /\$\{(\w+)\}/g,
      'arn:aws:lambda:eu-west-1:123456789012:function:$1',
    )
    expect(validate(JSON.parse(text))).toMatchObject({ isValid: true, errors: [] })
  })

  test('bounds, retries and catches every task', () => {
    const text = JSON.stringify(machines[name])
    const tasks = text.match(/"Type":"Task"/g)?.length
    expect(text.match(/"TimeoutSeconds":/g)?.length).toBe(tasks)
    expect(text.match(/"Retry":/g)?.length).toBe(tasks)
  })
})

test('batch and backfill differ in their plan only', () => {
  const rest = ({ States }: StateMachineDefinition) =>
    Object.entries(States).filter(([key]) => key !== 'Plan')
  expect(rest(machines['backfill']!)).toEqual(rest(machines['batch']!))
})

describe('in the runner', () => {
  const pipeline = pipelineOf([orders, large, visits])
  const runs = new Map<string, Run>()
  let world: World
  let runner: Runner

  beforeEach(async () => {
    world = await createWorld(pipeline)
    const ports = portsOf(world, pipeline)
    const control = { pause: async () => ({ sequenceOf: () => '9'.repeat(56) }), resume: async () => {} }
    let id = 0
    runner = createRunner({
      machines,
      handlers: {
        PlanFunctionArn: plan(ports),
        PlanBackfillFunctionArn: planBackfill(ports),
        AwaitRawFunctionArn: awaitRaw(ports),
        RefineFunctionArn: refine(ports),
        AggregateFunctionArn: aggregate(ports),
        ReconcileFunctionArn: reconcile(ports),
        PublishFunctionArn: publish(ports),
        LoadWarehouseFunctionArn: loadWarehouse(ports),
        CommitFunctionArn: commit(ports),
        ReplayFunctionArn: replay({ ...ports, control }),
      },
      runs: {
        put: async run => void runs.set(run.id, run),
        get: async key => runs.get(key),
        list: async () => [...runs.values()],
      },
      log: { error: () => {} },
      now: () => world.clock,
      newId: () => `run-${id++}`,
    })
  })
  afterEach(async () => {
    await runner.drain()
    await world.dispose()
  })

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
    const { views } = (await visibleState(world, pipeline)) as {
      views: Record<string, { partials: unknown }>
    }
    expect(views['orders_daily']!.partials).toEqual(expectedViews(world, orders, T0 + EPOCH))
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
