import { TributaryError } from '../../core/errors.ts'
import { createAggregate } from '../../steps/batch/aggregate.ts'
import { type AwaitRawPorts, createAwaitRaw } from '../../steps/batch/await-raw.ts'
import { createCertify } from '../../steps/batch/certify/certify.ts'
import { type CommitPorts, createCommit } from '../../steps/batch/commit.ts'
import { createPlan } from '../../steps/batch/plan.ts'
import { createPlanBackfill } from '../../steps/batch/plan-backfill.ts'
import { createPublish } from '../../steps/batch/publish.ts'
import { createRefine } from '../../steps/batch/refine/refine.ts'
import { createSweep, type SweepPorts } from '../../steps/batch/retention/sweep.ts'
import {
  type Fields,
  failedIn,
  failureOf,
  listOf,
  numberOf,
  payloadOf,
  readEpochWork,
  readMetricWork,
  readTypeWork,
  textOf,
} from '../../steps/batch/task.ts'
import { createFileIngest } from '../../steps/files/file-ingest.ts'
import { createRunModels, type RunModelsPorts } from '../../steps/models/run-models.ts'
import { createReplay, type ReplayPorts } from '../../steps/replay/replay.ts'
import { createReplayStream, type ReplayStreamPorts } from '../../steps/replay/replay-stream.ts'
import { createRestoreRaw } from '../../steps/restore-raw.ts'
import { createLoadWarehouse } from '../../steps/warehouse/load-warehouse.ts'
import { createMakeRoles } from '../../steps/warehouse/make-roles.ts'
import {
  backfillRange,
  doneType,
  fileProgress,
  lateOf,
  loadProgress,
  lossyTypes,
  onlyNames,
  replayProgress,
  restoreProgress,
} from './progress.ts'
import type { TaskTime } from './recorded.ts'

/** The tasks of the state machines by the names of their functions: ports in, a handler of payloads out. */

/** A task that is a step, whose payload is read first. Left out of a bundle that does not name it. */
/* @__NO_SIDE_EFFECTS__ */
function task<Ports, Work, Result>(
  create: (ports: Ports) => (work: Work) => Result,
  read: (payload: Fields) => Work,
) {
  return (ports: Ports) => {
    const step = create(ports)
    return (input: unknown) => step(read(payloadOf(input)))
  }
}

/** `{ turn, spent, run, input }` → the next epoch of a batch run. */
export const plan = task(createPlan, payload => ({
  turn: numberOf(payload, 'turn'),
  spent: numberOf(payload, 'spent'),
  run: textOf(payload, 'run'),
  late: lateOf(payload),
  acceptLoss: lossyTypes(payload),
  input: payloadOf(payload['input'] ?? {}),
}))

/**
 * `{ turn, spent, run, last, input, plan }` → the next epoch of a backfill. The range is that of the input at
 * the first turn (`{ from, to }` or `{ last }`), then that of the plan before.
 */
export const planBackfill = task(createPlanBackfill, payload => {
  const [turn, spent] = [numberOf(payload, 'turn'), numberOf(payload, 'spent')]
  const range = backfillRange(payload, turn)
  const run = textOf(payload, 'run')
  const last = turn === 0 ? undefined : numberOf(payload, 'last')
  return { turn, spent, run, range, last, after: doneType(payload, turn) }
})

/** `{ epoch, attempt }` → whether raw data is complete, and how long to wait if it is not. */
export const awaitRaw = task(createAwaitRaw, readAwaitRaw)

/** How often raw data may be found wanting before arrivals are looked for that nobody was notified of. */
const PATIENCE = 6

/** `awaitRaw` where raw data comes as arrivals. */
export function awaitArrivals(
  ports: AwaitRawPorts & { readonly deliverMissing: (epoch: number) => Promise<unknown> },
) {
  const step = createAwaitRaw(ports)
  return async (input: unknown) => {
    const work = readAwaitRaw(payloadOf(input))
    if (work.attempt >= PATIENCE) await ports.deliverMissing(work.epoch)
    return step(work)
  }
}

function readAwaitRaw(payload: Fields) {
  return { epoch: numberOf(payload, 'epoch'), attempt: numberOf(payload, 'attempt') }
}

/** `{ type, epoch, run, input }` → curated data of a type and epoch. */
export const refine = task(createRefine, payload => {
  const work = readTypeWork(payload)
  return { ...work, run: textOf(payload, 'run'), isLossAccepted: lossyTypes(payload).includes(work.type) }
})

/** `{ metric, epoch, mode }` → partials of a metric and epoch. */
export const aggregate = task(createAggregate, readMetricWork)

/** `{ metric, epoch, mode, run }` → the batch views of a metric with the epoch in them, not yet shown. */
export const publish = task(createPublish, payload => ({
  ...readMetricWork(payload),
  run: textOf(payload, 'run'),
}))

/** `{ run }` → those who load the warehouse, and who read it, made by its administrator. */
export const makeRoles = task(createMakeRoles, () => {})

/** `{ run, load }` → the warehouse as the boundaries say, or how long to wait before calling again. */
export const loadWarehouse = task(createLoadWarehouse, loadProgress)

/** `{ epoch, mode, types, metrics, refined, published, run }` → boundaries moved over the epoch. */
export const commit = task(createCommit, readCommit)

/** `commit` where a function ends after some time: a piece, and with `committed` the next one. */
export function commitInPieces(ports: CommitPorts) {
  const step = createCommit(ports)
  return (input: unknown, { timeLeft }: TaskTime) => step({ ...readCommit(payloadOf(input)), timeLeft })
}

function readCommit(payload: Fields) {
  return {
    ...readEpochWork(payload),
    committed: payload['committed'] === undefined ? 0 : numberOf(payload, 'committed'),
    failed: failedIn(payload, 'published'),
    refined: listOf(payload, 'refined', payloadOf).flatMap(item =>
      failureOf(item) === undefined
        ? [{ type: textOf(item, 'type'), objects: numberOf(item, 'objects') }]
        : [],
    ),
    run: textOf(payload, 'run'),
  }
}

/** `{}` → what contracts keep no longer is removed. */
export const sweep = task(createSweep, () => ({}))

/** `sweep` where a function ends after some time. */
export function sweepInTime(ports: SweepPorts) {
  const step = createSweep(ports)
  return (_input: unknown, { timeLeft }: TaskTime) => step({ timeLeft })
}

/** `{ run }` → models made of what has been published. */
export const runModels = task(createRunModels, payload => ({ run: textOf(payload, 'run') }))

/** `runModels` where a function ends after some time. */
export function runModelsInTime(ports: RunModelsPorts) {
  const step = createRunModels(ports)
  return (input: unknown, { timeLeft }: TaskTime) => step({ run: textOf(payloadOf(input), 'run'), timeLeft })
}

/** `{}` → certificates of what has been published. */
export const certify = task(createCertify, () => undefined)

/**
 * `{ input: { only }, progress }` → real-time views rebuilt from raw data, in one piece. `{ action: 'resume'
 * }` only lets the consumers go on, after a crash.
 */
export function replay(ports: ReplayPorts) {
  const step = createReplay(ports)
  const work = async (payload: Fields) => ({
    ...(await step({ only: onlyNames(payload) })),
    ...{ status: 'done', progress: {} },
  })
  return replaying(work, ports.control)
}

/**
 * `replay` from the stream, where no consumer of the raw lake can be paused: a piece, and the progress for
 * the next one.
 */
export function replayStream(ports: ReplayStreamPorts) {
  const step = createReplayStream(ports)
  const work = async (payload: Fields, { timeLeft }: TaskTime) => {
    const progress = replayProgress(payloadOf(payload['progress'] ?? {}))
    const result = await step({ only: onlyNames(payload), timeLeft, progress })
    if (result.status === 'done' || payload['progress'] !== undefined) return result
    throw new TributaryError(
      'conflict',
      'the run was started by an older version, which knows no pieces; start replay again',
    )
  }
  return replaying(work, ports.consumer)
}

function replaying<Times extends readonly TaskTime[], R>(
  work: (payload: Fields, ...time: Times) => Promise<R>,
  paused: { resume(): Promise<unknown> },
) {
  return async (input: unknown, ...time: Times) => {
    const payload = payloadOf(input)
    if (payload['action'] !== 'resume') return work(payload, ...time)
    await paused.resume()
    return { report: {} }
  }
}

/**
 * `{ progress }` → files of the inbox taken in, and the progress for the next turn. The first turn has none.
 */
export const fileIngest = task(createFileIngest, payload => fileProgress(payloadOf(payload['progress'])))

/**
 * `{ restore, input: { only } }` → raw data that was lost on its way, read from the stream again; `restore`
 * is how far the turn before was.
 */
export const restoreRawFromStream = task(createRestoreRaw, payload => ({
  progress: restoreProgress(payloadOf(payload['restore'])),
  only: onlyNames(payload),
}))

/** One machine writes its raw data from the log itself, and keeps that until it has. */
export function restoreRaw(_ports: unknown) {
  return async (_input: unknown): Promise<never> => {
    throw new TributaryError(
      'conflict',
      'raw data of one machine is never lost on its way; what the disk has damaged, npx tributary doctor repairs',
    )
  }
}

export { deliver } from './deliver.ts'
export { reconcile } from './reconcile.ts'
