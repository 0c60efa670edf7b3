import * as aws from '../../drivers/compose/aws.ts'
import { type RecordedHandler, recorded } from '../batch/recorded.ts'
import { traced } from '../observability/traced.ts'

/** The function of a task: traced, recorded in its run, in the lane of its machine. */
export function laneTask(work: RecordedHandler, lane: aws.LaneName) {
  return traced(recorded(work, { journal: aws.runJournal(), lane: aws.lane(lane), now: Date.now }))
}
