import { toTributaryError } from '../../core/errors.ts'
import * as aws from '../../drivers/compose/aws.ts'
import { pipeline } from '../../drivers/pipeline/compiled.ts'
import type { RecordedHandler } from '../batch/recorded.ts'
import { reportFailure } from '../observability/reports.ts'
import { lockedTask } from './locked-task.ts'

/** Time that the call which is running has left, ms. A container has one call at a time. */
let timeLeft = (): number => 0

/** What all steps of a batch are given. */
export const ports = {
  pipeline,
  ...(await aws.batchLake(() => timeLeft())),
  ledger: aws.ledger(pipeline),
  speed: aws.realTimeViews(pipeline),
  batch: aws.batchViews(pipeline),
  epochLength: aws.settings.need('TRIBUTARY_EPOCH'),
  horizon: aws.settings.need('TRIBUTARY_HORIZON'),
  now: Date.now,
  ...aws.engineLimit(),
}

/** The function of a task: traced, recorded in its run, under the lock of the views, and at rest between two calls. */
export function task(work: RecordedHandler) {
  const timed: RecordedHandler = async (payload, time) => {
    timeLeft = time.timeLeft
    try {
      return await work(payload, time)
    } finally {
      await ports.lake.rest().catch(error => reportFailure(toTributaryError(error), 'scratch'))
    }
  }
  return lockedTask(timed, 'views')
}
