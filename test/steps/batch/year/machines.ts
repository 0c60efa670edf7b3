import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import type { Run } from '../../../../core/ports/runs.ts'
import { createDynamodbRunLock } from '../../../../drivers/run-lock/dynamodb.ts'
import { createDynamodbRuns } from '../../../../drivers/runs/dynamodb/dynamodb.ts'
import { type RecordedHandler, recorded } from '../../../../functions/batch/recorded.ts'
import * as tasks from '../../../../functions/batch/tasks.ts'
import type { StateMachineDefinition } from '../../../../local/batch/asl.ts'
import { createRunner } from '../../../../local/batch/state-machine-runner.ts'
import { recordedIn } from '../../../recorded-runs.ts'
import type { BatchPorts } from '../batch-run.ts'

const STATES = join(import.meta.dirname, '../../../../state-machines')

/** Runs the machines with their functions as they are on AWS: lock and record of runs in DynamoDB. */
export async function createMachines(ports: () => BatchPorts, client: DynamoDBClient, table: string) {
  const journal = createDynamodbRuns({ client, table, now: Date.now })
  const goesOn = async () => false
  const lock = createDynamodbRunLock({ client, table, name: 'views', goesOn, now: Date.now })
  let invocation = 0
  const onAws = (create: (made: BatchPorts) => RecordedHandler) => (payload: unknown) => {
    const context = { awsRequestId: `i${++invocation}`, getRemainingTimeInMillis: () => 60_000 }
    return recorded(create(ports()), { journal, lock, now: Date.now })(payload, context)
  }
  const runs = new Map<string, Run>()
  const runner = createRunner({
    machines: { batch: await definition('batch'), backfill: await definition('backfill') },
    handlers: {
      PlanFunctionArn: onAws(tasks.plan),
      PlanBackfillFunctionArn: onAws(tasks.planBackfill),
      AwaitRawFunctionArn: onAws(tasks.awaitRaw),
      RefineFunctionArn: onAws(tasks.refine),
      AggregateFunctionArn: onAws(tasks.aggregate),
      ReconcileFunctionArn: onAws(tasks.reconcile),
      PublishFunctionArn: onAws(tasks.publish),
      CommitFunctionArn: onAws(tasks.commit),
      CertifyFunctionArn: onAws(tasks.certify),
      RunModelsFunctionArn: onAws(tasks.runModels),
      SweepFunctionArn: onAws(tasks.sweep),
    },
    runs: recordedIn(runs),
    log: { error: () => {} },
    now: Date.now,
    newId: () => `run-${String(runs.size).padStart(6, '0')}`,
  })
  return {
    /** Runs a machine to its end. @throws Error where it fails */
    async run(machine: 'batch' | 'backfill', input: object): Promise<void> {
      const { id } = await runner.start(machine, input)
      for await (const _ of runner.follow(id));
      const { status, error } = runs.get(id)!
      if (status !== 'succeeded') throw new Error(`${machine}: ${status}: ${JSON.stringify(error)}`)
    },
    drain: () => runner.drain(),
  }
}

/** Items of a Map one after another, so that requests are the same each time. */
async function definition(name: string): Promise<StateMachineDefinition> {
  const oneAtATime = (key: string, value: unknown) => (key === 'MaxConcurrency' ? 1 : value)
  return JSON.parse(
    await readFile(join(STATES, `${name}.asl.json`), 'utf8'),
    oneAtATime,
  ) as StateMachineDefinition
}
