import { TributaryError } from '../../core/errors.ts'
import { createAggregate } from '../../steps/batch/aggregate.ts'
import { type CommitPorts, createCommit } from '../../steps/batch/commit.ts'
import { createPlan, type PlanPorts } from '../../steps/batch/plan.ts'
import { createPublish } from '../../steps/batch/publish.ts'
import { createRefine, type RefinePorts } from '../../steps/batch/refine/refine.ts'

export type BatchesPorts = Omit<PlanPorts & RefinePorts & CommitPorts, 'keepsHistory' | 'onHeld'>

const RUN = 'test'
/** An epoch a turn; a test has not so many. */
const MOST_TURNS = 10_000

/** What the machine `batch` does, step by step, until nothing is left to do. */
export async function runBatches(given: BatchesPorts): Promise<{ readonly duplicates: number }> {
  const ports = { ...given, keepsHistory: false, exportRows: false as const, onHeld: () => undefined }
  const [plan, refine, aggregate] = [createPlan(ports), createRefine(ports), createAggregate(ports)]
  const [publish, commit] = [createPublish(ports), createCommit(ports)]
  let duplicates = 0
  for (let turn = 0, turns = 0; turns < MOST_TURNS; turns++) {
    const work = await plan({ turn, run: RUN })
    if (work.status === 'done' && !work.more) return { duplicates }
    turn = work.status === 'done' ? 0 : work.turn
    if (work.status === 'done') continue
    const refined = []
    for (const type of work.types) refined.push(await refine({ ...type, run: RUN }))
    for (const metric of work.metrics) await aggregate(metric)
    for (const metric of work.metrics) await publish({ ...metric, run: RUN })
    await commit({ ...work, run: RUN, refined })
    duplicates += refined.reduce((sum, one) => sum + one.duplicates, 0)
  }
  throw new TributaryError('internal', `a batch has not ended after ${MOST_TURNS} epochs`)
}
