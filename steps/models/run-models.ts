import { toTributaryError } from '../../core/errors.ts'
import {
  epochMark,
  idOfFolder,
  knownMark,
  MODELS,
  marksOfModel,
  modelFolder,
  sinceMark,
} from '../../core/lake/model-paths.ts'
import type { Model } from '../../core/models/model.ts'
import { type Finding, type HoldPorts, hold } from '../batch/held.ts'
import type { TaskResult } from '../batch/task.ts'
import { type Made, type MakeModelPorts, makeEpoch, makeWhole } from './make-model.ts'
import { type DueModel, dueOf, seed, spread, spreadPublished } from './model-marks.ts'
import { sourceEpochs } from './model-sources.ts'
import type { Failing } from './test-model.ts'

export type RunModelsPorts = MakeModelPorts & HoldPorts

export type RunModelsTask = {
  readonly run: string
  /** ms until the function is ended; default: it is not. */
  readonly timeLeft?: () => number
}

/** What a run made of a model. */
type ModelReport = {
  rows: number
  epochs: number
  failing: readonly Failing[]
  /** What it waits for, where it was not made. */
  waits?: string
}

/** `more`: some are not made yet; the next run goes on. */
export type RunModelsResult = TaskResult<{ readonly models: number; readonly more: boolean }>

/** Epochs of one model that one call makes, at most: a new one over years takes several. */
const MOST_EPOCHS = 200
const RESERVE_MS = 60_000

/** How far a run has come. */
type Progress = {
  /** Models that are not made, each with the one that is the reason. */
  readonly blocked: Map<string, string>
  readonly reports: Record<string, ModelReport>
  readonly findings: Finding[]
  more: boolean
}

/**
 * Builds the step that makes models: those of which something is due, each after those that it reads. It
 * comes after the boundaries have moved, so that no number waits for it. What fails for a reason of its own,
 * or by a test, is held with what reads it: its table stays as it was, and each run tries it again.
 */
export function createRunModels(ports: RunModelsPorts) {
  const { models } = ports.pipeline
  return async ({
    run,
    timeLeft = () => Number.POSITIVE_INFINITY,
  }: RunModelsTask): Promise<RunModelsResult> => {
    if (models.length === 0) return { models: 0, more: false, report: {} }
    const progress: Progress = { blocked: new Map(), reports: {}, findings: [], more: false }
    await seed(ports, made(models))
    await spreadPublished(ports)
    const isThrough = await runInTurn(ports, progress, timeLeft)
    if (isThrough) await removeOthers(ports)
    const { reports, findings } = progress
    const held = await hold(ports, run, findings)
    const told = Object.keys(reports).length === 0 ? {} : { models: reports }
    const more = progress.more || !isThrough
    return { models: Object.keys(reports).length, more, report: { ...told, ...held } }
  }
}

/** Whether there was time for all of them. */
async function runInTurn(
  ports: RunModelsPorts,
  progress: Progress,
  timeLeft: () => number,
): Promise<boolean> {
  for (const model of made(ports.pipeline.models)) {
    if (timeLeft() < RESERVE_MS) return false
    await runModel(ports, model, progress, timeLeft)
  }
  return true
}

async function runModel(
  ports: RunModelsPorts,
  model: Model,
  progress: Progress,
  timeLeft: () => number,
): Promise<void> {
  const { blocked, reports, findings } = progress
  const due = await dueOf(ports.lake, model)
  const cause = model.reads.find(name => blocked.has(name))
  if (cause !== undefined) {
    blocked.set(model.name, cause)
    if (due.marks.length > 0) reports[model.name] = { rows: 0, epochs: 0, failing: [], waits: cause }
    return
  }
  if (due.marks.length === 0) return
  const outcome = await makeDue(ports, model, due, timeLeft).catch((error: unknown) =>
    ownFailure(model, error),
  )
  const finding = 'id' in outcome ? outcome : failedTest(model, outcome.report)
  if (!('id' in outcome)) {
    reports[model.name] = outcome.report
    progress.more ||= outcome.more
  }
  if (finding === undefined) return ports.holds.release(model.id, 'recompute')
  findings.push(finding)
  blocked.set(model.name, model.name)
}

/** A view is made by whoever reads it. */
const made = (models: readonly Model[]) => models.filter(({ header }) => header.kind !== 'view')

type Outcome = { readonly report: ModelReport; readonly more: boolean }

async function makeDue(
  ports: RunModelsPorts,
  model: Model,
  due: DueModel,
  timeLeft: () => number,
): Promise<Outcome> {
  if (model.header.kind === 'incremental') return makeEpochs(ports, model, due, timeLeft)
  const { rows, failing, isShown, change } = await makeWhole(ports, model)
  if (isShown) {
    if (change !== undefined) await spread(ports, model.name, change)
    for (const path of due.marks) await ports.lake.remove(path)
  }
  return { report: { rows, epochs: 0, failing }, more: false }
}

async function makeEpochs(
  ports: RunModelsPorts,
  model: Model,
  due: DueModel,
  timeLeft: () => number,
): Promise<Outcome> {
  const { lake } = ports
  const since =
    due.since === undefined
      ? []
      : await sourceEpochs(ports, model.header.by!, { from: due.since, through: Number.POSITIVE_INFINITY })
  const all = [...new Set([...due.epochs, ...since])].sort((a, b) => a - b)
  const total: { rows: number; epochs: number; failing: Failing[] } = { rows: 0, epochs: 0, failing: [] }
  const done = new Set<number>()
  for (const epoch of all.slice(0, MOST_EPOCHS)) {
    if (timeLeft() < RESERVE_MS) break
    const made: Made = await makeEpoch(ports, model, epoch)
    total.failing.push(...made.failing)
    if (!made.isShown) return { report: total, more: false }
    total.rows += made.rows
    total.epochs += 1
    done.add(epoch)
    await spread(ports, model.name, { epochs: [epoch] })
  }
  const left = all.filter(epoch => !done.has(epoch))
  if (due.since !== undefined && left.length > 0) await lake.put(sinceMark(model.id, left[0]!), [])
  // What the marks asked for is done, or asked for by the one that was just written.
  for (const path of due.marks) if (!isStillDue(path, model, left, due.since)) await lake.remove(path)
  return { report: total, more: left.length > 0 }
}

function isStillDue(
  path: string,
  { id }: Model,
  left: readonly number[],
  since: number | undefined,
): boolean {
  const goesOn = since !== undefined && left.length > 0 && path === sinceMark(id, left[0]!)
  // An epoch that the source has no more is found by its own mark alone.
  return goesOn || left.some(epoch => path === epochMark(id, epoch))
}

/**
 * A reason of its own holds a model; where nobody answers, the run fails and the next one does the same work.
 */
function ownFailure(model: Model, error: unknown): Finding {
  const { code, message, retryable } = toTributaryError(error)
  if (retryable) throw error
  return { id: model.id, mode: 'recompute', epoch: 0, code, detail: message }
}

function failedTest(model: Model, { failing }: ModelReport): Finding | undefined {
  const failed = failing.filter(({ severity }) => severity === 'error')
  const [first] = failed
  if (first === undefined) return undefined
  const detail = failed.map(({ test, rows }) => `the test "${test}" fails for ${rows} rows`).join('; ')
  return { id: model.id, mode: 'recompute', epoch: 0, code: 'test_failed', detail, keys: first.keys }
}

/** Rows and marks of models that are declared no more, or otherwise. */
async function removeOthers({ lake, pipeline }: RunModelsPorts): Promise<void> {
  const known = new Set(pipeline.models.map(({ id }) => id))
  for (const name of await lake.folders(MODELS)) {
    const id = idOfFolder(name)
    if (id === undefined || known.has(id)) continue
    await lake.remove(marksOfModel(id))
    await lake.remove(modelFolder(id))
    await lake.remove(knownMark(id))
  }
}
