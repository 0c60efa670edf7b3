import { toTributaryError } from '../../core/errors.ts'
import {
  countedSince,
  deadLetters,
  markers,
  partitioningRecord,
  realTimeViews,
  settings,
  speedProgress,
} from '../../drivers/compose/aws.ts'
import { pipeline } from '../../drivers/pipeline/compiled.ts'
import { createApplySpeed, type SpeedOutcome } from '../../steps/apply-speed.ts'
import { createNoteFirstSight } from '../../steps/note-first-sight.ts'
import { createEpochLengthCheck } from '../../steps/partitions.ts'
import { observed } from '../observability/observed.ts'
import { reportFailure, reportSpeed } from '../observability/reports.ts'
import { createHandler } from '../sources/speed.ts'

const progress = speedProgress()
const epochLength = settings.need('TRIBUTARY_EPOCH')
const checkEpochLength = createEpochLengthCheck(partitioningRecord(), epochLength)

/** The batch is applied whatever becomes of the note about it. */
async function report(outcome: SpeedOutcome, shard: string): Promise<void> {
  reportSpeed(outcome, Date.now())
  if (outcome.receivedAt === 0) return
  await progress
    .applied(shard, outcome.receivedAt)
    .catch(error => reportFailure(toTributaryError(error), 'speed'))
}

/**
 * After a deployment functions of the version before end with the batch they have, in 15 minutes at most
 * (Lambda), and before it has taken over wholly both versions get batches.
 */
const OVERLAP_MS = 900_000 + (settings.find('TRIBUTARY_ROLLOUT') ?? 0)

const noteFirstSight = createNoteFirstSight({
  pipeline,
  change: countedSince().change,
  ...{ overlapMs: OVERLAP_MS, epochLength, now: Date.now },
})

export const handler = observed(
  createHandler({
    begin: async () => {
      await checkEpochLength()
      await noteFirstSight()
    },
    applySpeed: createApplySpeed({ pipeline, markers: markers(), views: realTimeViews(pipeline) }),
    deadLetters: deadLetters(),
    holdsUnknown: true,
    report,
  }),
)
