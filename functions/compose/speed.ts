import { toTributaryError } from '../../core/errors.ts'
import { deadLetters, markers, realTimeViews, speedProgress } from '../../drivers/compose/aws.ts'
import { pipeline } from '../../drivers/pipeline/compiled.ts'
import { createApplySpeed, type SpeedOutcome } from '../../steps/apply-speed.ts'
import { observed } from '../observability/observed.ts'
import { reportFailure, reportSpeed } from '../observability/reports.ts'
import { createHandler } from '../speed.ts'

const progress = speedProgress()

/** The batch is applied whatever becomes of the note about it. */
async function report(outcome: SpeedOutcome, shard: string): Promise<void> {
  reportSpeed(outcome, Date.now())
  if (outcome.receivedAt === 0) return
  await progress
    .applied(shard, outcome.receivedAt)
    .catch(error => reportFailure(toTributaryError(error), 'speed'))
}

export const handler = observed(
  createHandler({
    applySpeed: createApplySpeed({ pipeline, markers: markers(), views: realTimeViews(pipeline) }),
    deadLetters: deadLetters(),
    report,
  }),
)
