import type { Pipeline } from '../../../core/declare/pipeline.ts'
import { TributaryError } from '../../../core/errors.ts'
import { rawFolder } from '../../../core/lake/lake-paths.ts'
import { createAggregate } from '../../../steps/batch/aggregate.ts'
import { createAwaitRaw } from '../../../steps/batch/await-raw.ts'
import type { BackfillRange } from '../../../steps/batch/backfill-range.ts'
import { createCertify } from '../../../steps/batch/certify/certify.ts'
import { createCommit } from '../../../steps/batch/commit.ts'
import { createPlan, type PlanResult } from '../../../steps/batch/plan.ts'
import { createPlanBackfill } from '../../../steps/batch/plan-backfill.ts'
import { createPublish } from '../../../steps/batch/publish.ts'
import type { CountRejected } from '../../../steps/batch/reconcile/count-rejected.ts'
import { createRefine } from '../../../steps/batch/refine/refine.ts'
import { createSweep } from '../../../steps/batch/retention/sweep.ts'
import { createRunModels } from '../../../steps/models/run-models.ts'
import { beginning } from '../../../steps/warehouse/load-turn.ts'
import { createLoadWarehouse } from '../../../steps/warehouse/load-warehouse.ts'
import { EPOCH, HORIZON, type World } from './batch-kit.ts'
import { runReconcile } from './reconcile/run-reconcile.ts'

export type Report = Record<string, unknown>

/** The ports of every step over a world. */
export function portsOf(world: World, pipeline: Pipeline) {
  return {
    ...world,
    pipeline,
    epochLength: EPOCH,
    horizon: HORIZON,
    countRejected: undefined as CountRejected | undefined,
    // What is asked of it is in test/steps/history; each generation would be one object more to write.
    keepsHistory: false as boolean,
    exportRows: world.warehouse.texts,
    wholeFiles: (type: string, epoch: number) => world.lake.list(rawFolder(type, epoch)),
    now: () => world.clock,
    onHeld: () => undefined,
    onMismatch: (reconciliation: World['mismatches'][number]) => void world.mismatches.push(reconciliation),
  }
}

/** `holdsShort`: what the machine catches of a type, and a test mostly wants to see. */
export type BatchPorts = ReturnType<typeof portsOf> & {
  readonly holdsShort?: boolean
  /** Metrics that a piece of the commit has time for. */
  readonly commitsAtOnce?: number
}

/** Time that is over after so many looks at it. */
function timeFor(looks: number): () => number {
  let left = looks
  return () => (left-- > 0 ? 900_000 : 0)
}

/** Runs the steps in the order of state-machines/batch.asl.json. Answers the reports in order. */
export async function runBatch(
  ports: BatchPorts,
  run = 'run-1',
  accept: readonly string[] = [],
  late?: 'leave',
  acceptLoss: readonly string[] = [],
): Promise<readonly Report[]> {
  const plan = createPlan(ports)
  const next = (turn: number) => plan({ turn, run, acceptLoss, ...(late !== undefined && { late }) })
  return turns(ports, run, next, accept, acceptLoss)
}

/** Runs the steps in the order of state-machines/backfill.asl.json. */
export async function runBackfill(
  ports: BatchPorts,
  given: BackfillRange,
  run = 'backfill-1',
): Promise<readonly Report[]> {
  const plan = createPlanBackfill(ports)
  let range = given
  return turns(ports, run, async (turn, last) => {
    const planned = await plan({ turn, run, last, range })
    range = planned.range
    return planned
  })
}

/** Calls the load step as state-machines/warehouse.asl.json does. @throws where the warehouse stays behind */
export async function loadAll(ports: BatchPorts, run: string) {
  const load = createLoadWarehouse(ports)
  let result = await load(beginning(run))
  while (result.state === 'wait') result = await load(result.progress)
  if (result.state === 'behind') throw new Error(result.reason)
  return result
}

async function turns(
  ports: BatchPorts,
  run: string,
  plan: (turn: number, last: number | undefined) => Promise<PlanResult>,
  accept: readonly string[] = [],
  acceptLoss: readonly string[] = [],
): Promise<readonly Report[]> {
  const reports: Report[] = []
  const keep = <T extends { report: Report }>(result: T): T => {
    reports.push(result.report)
    return result
  }
  const steps = {
    awaitRaw: createAwaitRaw(ports),
    refine: createRefine(ports),
    aggregate: createAggregate(ports),
    publish: createPublish(ports),
    commit: createCommit(ports),
    certify: createCertify(ports),
  }
  const runModels = createRunModels(ports)
  let last: number | undefined
  for (let turn = 0; ; turn++) {
    const work = keep(await plan(turn, last))
    if (work.status === 'done') {
      for (let models = keep(await runModels({ run })); models.more; ) models = keep(await runModels({ run }))
      keep(await loadAll(ports, run))
      const { status, reason } = keep(await createSweep(ports)({}))
      if (status === 'failed') throw new Error(reason)
      return reports
    }
    const { status } = keep(await steps.awaitRaw({ epoch: work.epoch, attempt: 0 }))
    if (status !== 'ready') return reports
    const refined = []
    for (const type of work.types)
      refined.push(
        await steps
          .refine({ ...type, run, isLossAccepted: acceptLoss.includes(type.type) })
          .then(keep, error => shortOf(ports, type.type, error)),
      )
    for (const metric of work.metrics) keep(await steps.aggregate(metric))
    keep(await runReconcile(ports, { ...work, run, refined, accept }))
    for (const metric of work.metrics) keep(await steps.publish({ ...metric, run }))
    const commit = { ...work, run, refined: refined.filter(each => 'objects' in each) }
    const time = ports.commitsAtOnce === undefined ? {} : { timeLeft: timeFor(ports.commitsAtOnce) }
    let piece = keep(await steps.commit({ ...commit, ...time }))
    while (piece.status === 'more')
      piece = keep(await steps.commit({ ...commit, ...time, committed: piece.committed }))
    keep(await steps.certify())
    last = work.epoch
  }
}

/** What the Map of the machine makes of a type whose raw data is short; all else ends the run. */
function shortOf({ holdsShort }: BatchPorts, type: string, error: unknown) {
  if (holdsShort !== true || !(error instanceof TributaryError) || error.code !== 'raw_incomplete')
    throw error
  return { type, failure: { code: error.code, detail: error.message } }
}
