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
  commit,
  loadWarehouse,
  plan,
  publish,
  reconcile,
  refine,
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

/** The functions as they are on AWS: nobody but themselves records what they do. */
describeOnDynamodb('the machines with functions that record themselves', dynamodb => {
  test('make the record that the runner of one machine makes', async () => {
    // Items of a Map one after another, as on one machine: the record has one entry a name and instant.
    const oneAtATime = (key: string, value: unknown) => (key === 'MaxConcurrency' ? 1 : value)
    const text = await readFile(join(STATES, 'batch.asl.json'), 'utf8')
    const batch = JSON.parse(text, oneAtATime) as StateMachineDefinition
    const world = await createWorld(pipeline)
    const ports = portsOf(world, pipeline)
    const table = await dynamodb.createTable('control')
    const journal = createDynamodbRuns({ client: dynamodb.client, table, now: Date.now })
    const deps = {
      ...{ journal, now: Date.now },
      lock: createDynamodbRunLock({
        client: dynamodb.client,
        table,
        name: 'views',
        goesOn: async () => true,
        now: Date.now,
      }),
    }
    let invocation = 0
    const onAws = (handler: RecordedHandler) => {
      const entry = recorded(handler, deps)
      const context = () => ({ awsRequestId: `i${++invocation}`, getRemainingTimeInMillis: () => 60_000 })
      return (payload: unknown) => entry(payload, context())
    }
    const local = new Map<string, Run>()
    const handlers: TaskHandlers = {
      PlanFunctionArn: onAws(plan(ports)),
      PlanBackfillFunctionArn: () => ({}),
      AwaitRawFunctionArn: onAws(awaitRaw(ports)),
      RefineFunctionArn: onAws(refine(ports)),
      AggregateFunctionArn: onAws(aggregate(ports)),
      ReconcileFunctionArn: onAws(reconcile(ports)),
      PublishFunctionArn: onAws(publish(ports)),
      LoadWarehouseFunctionArn: onAws(loadWarehouse(ports)),
      CommitFunctionArn: onAws(commit(ports)),
    }
    const runner = createRunner({
      machines: { batch },
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
    for (const i of [0, 1]) await world.send(T0 + i * EPOCH, someEvents(i))
    world.clock = T0 + 2 * EPOCH
    const { id } = await runner.start('batch', {})
    for await (const _ of runner.follow(id));

    const here = local.get(id)!
    expect([here.status, here.report]).toEqual(['succeeded', {}])
    const there = (await journal.get(id))!
    expect(there).toMatchObject({ machine: 'batch', report: { more: false } })
    expect(there.report['epochs']).toMatchObject({
      '20261101T000000Z': {
        refined: { 'com.example.order': {} },
        reconciliation: { ok: true },
        published: 3,
      },
      '20261101T010000Z': { reconciliation: { ok: true }, published: 3 },
    })
    const tasks = new Set([
      'Plan',
      'AwaitRaw',
      'RefineType',
      'AggregateMetric',
      'Reconcile',
      'PublishMetric',
      'Commit',
    ])
    const entered = here.states.map(({ name }) => name).filter(name => tasks.has(name))
    expect(there.states.map(({ name }) => name)).toEqual(entered)
    await runner.drain()
    await world.dispose()
  })
})
