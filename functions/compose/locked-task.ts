import * as aws from '../../drivers/compose/aws.ts'
import { type RecordedHandler, recorded } from '../batch/recorded.ts'
import { traced } from '../observability/traced.ts'

/** The function of a task: traced, recorded in its run, under the lock of its machine. */
export function lockedTask(work: RecordedHandler, lock: aws.LockName) {
  return traced(recorded(work, { journal: aws.runJournal(), lock: aws.runLock(lock), now: Date.now }))
}
