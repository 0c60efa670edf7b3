import { tallyId } from '../../../core/cells/tally.ts'
import { pathInstant } from '../../../core/data/time.ts'
import { isErrorCode, TributaryError } from '../../../core/errors.ts'
import { type Finding, type HoldPorts, hold } from '../held.ts'
import { metricOf } from '../lookup.ts'
import type { ItemFailure, TaskResult } from '../task.ts'
import type { Found } from './compare.ts'
import type { ListComparisonsTask, NotCompared } from './list-comparisons.ts'
import type { MetricNumbers } from './reconcile-metric.ts'
import type { TypeNumbers } from './reconcile-type.ts'

export type ReconcilePorts = HoldPorts & {
  /** Told of every epoch on which the layers disagree. */
  readonly onMismatch: (reconciliation: Reconciliation) => void
}

export type ReconcileTask = Pick<ListComparisonsTask, 'epoch' | 'mode' | 'refined' | 'failed'> & {
  /** Run id. */
  readonly run: string
  /** What each comparison came to, or why it failed. */
  readonly compared: readonly ({ readonly id: string } & ({ readonly found: Found } | ItemFailure))[]
  readonly notCompared: Readonly<Record<string, NotCompared>>
}

/** What the comparisons of an epoch came to. */
export type Reconciliation = {
  readonly epoch: number
  readonly ok: boolean
  readonly types: Readonly<Record<string, Pick<TypeNumbers, 'problems'>>>
  readonly metrics: Readonly<Record<string, Pick<MetricNumbers, 'compared' | 'different'> | NotCompared>>
}

/** `failed`: nothing could be compared, for a reason that passes, so the run has to be done again. */
export type ReconcileResult = TaskResult<
  | { readonly status: 'compared'; readonly ok: boolean; readonly failure: object }
  | { readonly status: 'failed'; readonly ok: false; readonly failure: ItemFailure['failure'] }
>

export type Reconcile = (task: ReconcileTask) => Promise<ReconcileResult>

/**
 * Builds the reconcile step: what all comparisons of an epoch came to. Differences are told, once for all of
 * them. What failed on the way here is held, and so is what could not be compared; all others go on. A
 * failure that can pass is a metric's own while another metric could be compared, as of one with more keys
 * than there is time for; where none could, it is nobody's own, and fails the run.
 */
export function createReconcile(ports: ReconcilePorts): Reconcile {
  const isTally = tallies(ports)
  return async task => {
    const { epoch, run } = task
    const reconciliation = reconciliationOf(task, isTally)
    const { ok, metrics } = reconciliation
    const failure = passingFailure(task, isTally)
    if (failure !== undefined) return { status: 'failed', ok: false, failure, report: {} }
    if (!ok) ports.onMismatch(reconciliation)
    const held = await hold(ports, run, failuresOf(ports, task, isTally))
    const notCompared = Object.entries(metrics).filter(([, numbers]) => typeof numbers === 'string')
    // Each comparison has reported its own numbers.
    const report = { ok, types: {}, metrics: Object.fromEntries(notCompared) }
    const epochs = { [pathInstant(epoch)]: { reconciliation: report } }
    return { status: 'compared', ok, failure: {}, report: { epochs, ...held } }
  }
}

/** Tells tallies of types from metrics, of which one may be called `tally`. */
function tallies({ pipeline }: ReconcilePorts): (id: string) => boolean {
  const ids = new Set([...pipeline.latest.keys()].map(tallyId))
  return id => ids.has(id)
}

function reconciliationOf(
  { epoch, compared, notCompared }: ReconcileTask,
  isTally: (id: string) => boolean,
): Reconciliation {
  const types: Record<string, Pick<TypeNumbers, 'problems'>> = {}
  const metrics: Record<string, Pick<MetricNumbers, 'compared' | 'different'> | NotCompared> = {
    ...notCompared,
  }
  for (const each of compared)
    if ('failure' in each) {
      if (!isTally(each.id)) metrics[each.id] = 'failed'
    } else if ('problems' in each.found) types[each.id.slice(tallyId('').length)] = each.found
    else metrics[each.id] = each.found
  const ok =
    Object.values(types).every(({ problems }) => problems.length === 0) &&
    Object.values(metrics).every(numbers => typeof numbers === 'string' || numbers.different === 0)
  return { epoch, ok, types, metrics }
}

/** The first failure that can pass of types, or of metrics, none of which could be compared. */
function passingFailure(
  { compared }: ReconcileTask,
  isTally: (id: string) => boolean,
): ItemFailure['failure'] | undefined {
  for (const kind of Map.groupBy(compared, ({ id }) => isTally(id)).values()) {
    const failures = kind.flatMap(each => ('failure' in each ? [each.failure] : []))
    const passing = failures.find(({ code }) => canPass(code))
    if (passing !== undefined && failures.length === kind.length) return passing
  }
  return undefined
}

/** Codes of ours say whether they can pass; what Lambda and Step Functions name has a dot in it, and can. */
function canPass(code: string): boolean {
  return isErrorCode(code) ? new TributaryError(code, '').retryable : code.includes('.')
}

/** What failed, each as its own: a type with its metrics, a metric by itself. */
function failuresOf(
  { pipeline }: ReconcilePorts,
  task: ReconcileTask,
  isTally: (id: string) => boolean,
): readonly Finding[] {
  const { epoch, mode, refined, failed = [], compared } = task
  const types = refined.flatMap(each =>
    'failure' in each ? [{ id: tallyId(each.type), failure: each.failure }] : [],
  )
  const comparisons = compared.flatMap(each => ('failure' in each ? [each] : []))
  const all = [...types, ...failed.map(({ metric, failure }) => ({ id: metric, failure })), ...comparisons]
  const ids = new Set(all.map(({ id }) => id))
  const isOfFailedType = (id: string) => !isTally(id) && ids.has(tallyId(metricOf(pipeline, id).type))
  return all
    .filter(({ id }) => !isOfFailedType(id))
    .map(({ id, failure }) => ({ id, mode, epoch, ...failure }))
}
