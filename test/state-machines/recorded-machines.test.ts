import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Run } from '../../core/ports/runs.ts'
import { createDynamodbRunLock } from '../../drivers/run-lock/dynamodb.ts'
import { createDynamodbRuns } from '../../drivers/runs/dynamodb/dynamodb.ts'
import { type RecordedHandler, recorded } from '../../functions/batch/recorded.ts'
import {
  aggregate,
  awaitRaw,
  certify,
  commit,
  loadWarehouse,
  makeRoles,
  plan,
  publish,
  reconcile,
  refine,
  runModels,
  sweep,
} from '../../functions/batch/tasks.ts'
import type { StateMachineDefinition } from '../../local/batch/asl.ts'
import { createRunner } from '../../local/batch/state-machine-runner.ts'
import type { TaskHandlers } from '../../local/batch/task-handlers.ts'
import { describeOnDynamodb } from '../engines/dynamodb.ts'
import {
  createWorld,
  EPOCH,
  large,
  orders,
  pipelineOf,
  someEvents,
  T0,
  visits,
} from '../steps/batch/batch-kit.ts'
import { portsOf } from '../steps/batch/batch-run.ts'

const pipeline = pipelineOf([orders, large, visits])
const STATES = join(import.meta.dirname, '..', '..', 'state-machines')

const readMachine = async (name: string, reviver?: (key: string, value: unknown) => unknown) =>
  JSON.parse(await readFile(join(STATES, `${name}.asl.json`), 'utf8'), reviver) as StateMachineDefinition

/** The functions as they are on AWS: nobody but themselves records what they do. */
describeOnDynamodb('the machines with functions that record themselves', dynamodb => {
  /** A journal, and functions that write it under a lock. */
  async function recording(lock: 'views' | 'warehouse') {
    const { client } = dynamodb
    const table = await dynamodb.createTable('control')
    const journal = createDynamodbRuns({ client, table, now: Date.now })
    const goesOn = async () => true
    const runLock = createDynamodbRunLock({ client, table, name: lock, goesOn, now: Date.now })
    let invocation = 0
    const onAws = (handler: RecordedHandler) => {
      const entry = recorded(handler, { journal, lock: runLock, now: Date.now })
      const context = () => ({ awsRequestId: `i${++invocation}`, getRemainingTimeInMillis: () => 60_000 })
      return (payload: unknown) => entry(payload, context())
    }
    return { journal, onAws }
  }

  /** Runs a machine to its end; answers what the runner here recorded of it. */
  async function finished(name: string, definition: StateMachineDefinition, handlers: TaskHandlers) {
    const local = new Map<string, Run>()
    const runner = createRunner({
      machines: { [name]: definition },
      handlers,
      runs: {
        put: async run => void local.set(run.id, run),
        get: async id => local.get(id),
        list: async () => [...local.values()],
      },
      log: { error: () => {} },
      now: Date.now,
      newId: () => `run-${local.size}`,
    })
    const { id } = await runner.start(name, {})
    for await (const _ of runner.follow(id));
    await runner.drain()
    return local.get(id)!
  }

  test('make the record that the runner of one machine makes', async () => {
    // Items of a Map one after another, as on one machine: the record has one entry a name and instant.
    const oneAtATime = (key: string, value: unknown) => (key === 'MaxConcurrency' ? 1 : value)
    const world = await createWorld(pipeline)
    const ports = portsOf(world, pipeline)
    const { journal, onAws } = await recording('views')
    for (const i of [0, 1]) await world.send(T0 + i * EPOCH, someEvents(i))
    world.clock = T0 + 2 * EPOCH
    const here = await finished('batch', await readMachine('batch', oneAtATime), {
      PlanFunctionArn: onAws(plan(ports)),
      PlanBackfillFunctionArn: () => ({}),
      AwaitRawFunctionArn: onAws(awaitRaw(ports)),
      RefineFunctionArn: onAws(refine(ports)),
      AggregateFunctionArn: onAws(aggregate(ports)),
      ReconcileFunctionArn: onAws(reconcile(ports)),
      PublishFunctionArn: onAws(publish(ports)),
      CommitFunctionArn: onAws(commit(ports)),
      CertifyFunctionArn: onAws(certify(ports)),
      RunModelsFunctionArn: onAws(runModels(ports)),
      SweepFunctionArn: onAws(sweep(ports)),
    })

    expect([here.status, here.report]).toEqual(['succeeded', {}])
    const there = (await journal.get(here.id))!
    expect(there).toMatchObject({ machine: 'batch', report: { more: false } })
    expect(there.report['epochs']).toMatchObject({
      '20261101T000000Z': {
        refined: { 'com.example.order': {} },
        reconciliation: {
          ok: true,
          types: { 'com.example.order': { problems: [] }, 'com.example.visit': { problems: [] } },
          metrics: Object.fromEntries(
            pipeline.metrics.map(({ id }) => [id, { different: 0, mismatches: [] }]),
          ),
        },
        published: 3,
      },
      '20261101T010000Z': { reconciliation: { ok: true }, published: 3 },
    })
    const tasks = new Set([
      'Plan',
      'AwaitRaw',
      'RefineType',
      'AggregateMetric',
      'ListComparisons',
      'CompareItem',
      'Reconcile',
      'PublishMetric',
      'Commit',
      'Certify',
      'RunModels',
      'Sweep',
    ])
    const entered = here.states.map(({ name }) => name).filter(name => tasks.has(name))
    expect(there.states.map(({ name }) => name)).toEqual(entered)
    await world.dispose()
  })

  test('load as one run under one lock, which the function that makes roles takes', async () => {
    const world = await createWorld(pipeline)
    const { journal, onAws } = await recording('warehouse')
    const calls: unknown[] = []
    const make = async () => ['order', 'visit']
    const here = await finished('warehouse', await readMachine('warehouse'), {
      MakeRolesFunctionArn: onAws(makeRoles({ makeRoles: make })),
      LoadWarehouseFunctionArn: payload => {
        calls.push(payload)
        return onAws(loadWarehouse(portsOf(world, pipeline)))(payload)
      },
    })
    expect(here.status).toBe('succeeded')
    const there = (await journal.get(here.id))!
    expect(there).toMatchObject({ machine: 'warehouse', report: { roles: { tables: 2 } } })
    expect(there.states.map(({ name }) => name)).toEqual(['MakeRoles', 'LoadWarehouse'])
    // Who enters a lock without taking it is told nothing else than its run.
    expect(calls).toEqual([expect.not.objectContaining({ machine: 'warehouse' })])
    await world.dispose()
  })
})
