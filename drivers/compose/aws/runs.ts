import { RUN_INPUTS } from '../../../core/declare/run-input.ts'
import type { RunLock } from '../../../core/ports/run-lock.ts'
import type { RunJournal } from '../../../core/ports/runs.ts'
import * as clients from '../../aws/clients.ts'
import { runId } from '../../run-id.ts'
import { createDynamodbRunLock } from '../../run-lock/dynamodb.ts'
import { createDynamodbRuns } from '../../runs/dynamodb/dynamodb.ts'
import { executionGoesOn } from '../../runs/step-functions/executions.ts'
import { createStepFunctionsRuns } from '../../runs/step-functions/step-functions.ts'
import { control, settings } from './common.ts'

/** Runs and their locks on AWS. */

const recordedRuns = () => createDynamodbRuns({ ...control(), now: Date.now })

export function runJournal(): RunJournal {
  return recordedRuns()
}

/** What runs must not change at the same time. */
export type LockName = 'views' | 'inbox' | 'warehouse'

export function runLock(name: LockName): RunLock {
  const goesOn = executionGoesOn({ client: clients.stepFunctionsClient() })
  return createDynamodbRunLock({ ...control(), name, goesOn, now: Date.now })
}

/** Not `spark`: only the other machines call it, and few stacks have it. */
const startable = () => Object.keys(RUN_INPUTS).filter(name => name !== 'spark')

export function runs() {
  const prefix = settings.need('TRIBUTARY_MACHINES')
  return createStepFunctionsRuns({
    client: clients.stepFunctionsClient(),
    machines: Object.fromEntries(startable().map(name => [name, prefix + name])),
    recorded: recordedRuns(),
    newId: runId,
  })
}
