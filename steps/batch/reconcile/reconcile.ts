import { tallyId } from '../../../core/cells/tally.ts'
import { formatInstant, pathInstant } from '../../../core/data/time.ts'
import type { Pipeline } from '../../../core/declare/pipeline.ts'
import { type TributaryError, toTributaryError } from '../../../core/errors.ts'
import type { CountedSince } from '../../../core/ports/counted-since.ts'
import type { LakeEngine } from '../../../core/ports/lake-engine.ts'
import type { LakeFolder } from '../../../core/ports/lake-folder.ts'
import type { EpochLedger, Ledger } from '../../../core/ports/ledger.ts'
import type { BatchViews, OpenEpoch, RealTimeViews } from '../../../core/ports/views.ts'
import { type Finding, type HoldPorts, hold } from '../held.ts'
import { contractOf, idsNamed, metricOf } from '../lookup.ts'
import type { Refined } from '../refine/refine-epoch.ts'
import { partialsAt } from '../settle.ts'
import type { ItemFailure, MetricWork, TaskResult, WorkMode } from '../task.ts'
import { openByKeys } from './epoch-keys.ts'
import { type MetricNumbers, reconcileMetric } from './reconcile-metric.ts'
import { reconcileType, type TypeNumbers } from './reconcile-type.ts'

export type ReconcilePorts = HoldPorts & {
  readonly lake: LakeFolder
  readonly engine: LakeEngine
  readonly ledger: Ledger
  readonly speed: Pick<RealTimeViews, 'epoch'>
  /** Opens an epoch that is compared; default: the speed layer is asked for some keys at a time. */
  readonly openEpoch?: OpenEpoch
  readonly batch: Pick<BatchViews, 'boundary'>
  readonly countedSince: Pick<CountedSince, 'list'>
  /** Told of every epoch on which the layers disagree. */
  readonly onMismatch: (reconciliation: Reconciliation) => void
}

export type ReconcileTask = {
  readonly epoch: number
  readonly mode: WorkMode
  /** Run id. */
  readonly run: string
  /** What refining a type came to, or why it failed. */
  readonly refined: readonly ({ readonly type: string } & ((Refined & { missing?: number }) | ItemFailure))[]
  readonly metrics: readonly MetricWork[]
  /** Metrics that could not be aggregated. */
  readonly failed?: readonly ({ readonly metric: string } & ItemFailure)[]
  /** Names of metrics and types whose numbers are taken from the batch layer, whatever speed says. */
  readonly accept?: readonly string[]
}

/**
 * Why a metric is not compared, none of which is a fault of its numbers: the epoch is computed again, and its
 * real-time partials are gone; its type was published through the epoch before the metric was; the speed
 * layer began to count it in the course of the epoch, or after; or stands still, which holds up nothing.
 * `failed`: there is nothing to compare with.
 */
export type NotCompared =
  | 'not kept any more'
  | 'added later'
  | 'declared in mid-epoch'
  | 'speed is behind'
  | 'failed'

export type Reconciliation = {
  readonly epoch: number
  readonly ok: boolean
  readonly types: Readonly<Record<string, TypeNumbers>>
  readonly metrics: Readonly<Record<string, MetricNumbers | NotCompared>>
}

export type ReconcileResult = TaskResult<{ readonly ok: boolean }>

export type Reconcile = (task: ReconcileTask) => Promise<ReconcileResult>

/**
 * Builds the reconcile step: compares what every layer says about an epoch. What differs is told, reported,
 * and held: a type whose counts differ with all its metrics, a metric whose partials differ by itself. So is
 * what failed on the way here. All others go on.
 */
export function createReconcile(ports: ReconcilePorts): Reconcile {
  return async task => {
    const { epoch, run } = task
    const ledger = await ports.ledger.epoch(epoch)
    const since = await ports.countedSince.list()
    const isCounted = (id: string) => (since.get(id) ?? Number.POSITIVE_INFINITY) <= epoch
    const types = await compareTypes(ports, task, ledger, isCounted)
    const { compared, failures } = await compareMetrics(ports, task, types, ledger, isCounted)
    const ok =
      Object.values(types).every(({ problems }) => problems.length === 0) &&
      Object.values(compared).every(numbers => typeof numbers === 'string' || numbers.different === 0)
    const reconciliation = { epoch, ok, types, metrics: compared }
    if (!ok) ports.onMismatch(reconciliation)
    const isAccepted = accepted(ports.pipeline, [...(task.accept ?? []), ...lossyTypes(task)])
    const differing = [...typeDifferences(task, types), ...metricDifferences(task, compared)]
    const held = await hold(ports, run, [
      ...typeFailures(task),
      ...failures,
      ...differing.filter(({ id }) => !isAccepted(id)),
    ])
    const taken = differing.filter(({ id }) => isAccepted(id)).map(({ id, detail }) => [id, detail])
    const reported = {
      reconciliation: { ok, types, metrics: compared },
      ...(taken.length > 0 && { accepted: Object.fromEntries(taken) }),
    }
    return { ok, report: { epochs: { [pathInstant(epoch)]: reported }, ...held } }
  }
}

async function compareTypes(
  ports: ReconcilePorts,
  { epoch, refined }: ReconcileTask,
  ledger: EpochLedger,
  isCounted: (id: string) => boolean,
): Promise<Record<string, TypeNumbers>> {
  const types: Record<string, TypeNumbers> = {}
  for (const { type, ...numbers } of refined) {
    if ('failure' in numbers) continue
    const published = await ports.batch.boundary(tallyId(type))
    const isPublished = published !== undefined && epoch <= published.epoch
    // The tally of a published epoch is dropped, and what is delivered again later makes only a part of it
    // anew. Lines that came late are why it is computed again: raw may hold more than was counted then.
    const isWhole = isPublished || isCounted(tallyId(type))
    const speed = isPublished || !isWhole || !ledger.speedComplete ? undefined : ports.speed
    const accepted = isPublished ? ({ ...ledger, counts: 'at least' } as const) : ledger
    const compared = await reconcileType(speed, contractOf(ports.pipeline, type), accepted, numbers)
    types[type] = isWhole ? compared : { ...compared, notCompared: 'declared in mid-epoch' }
  }
  return types
}

/**
 * Compares metric by metric; what one fails by is held with it. A failure that can pass has the task done
 * again where nothing could be compared; while others could, it is that metric's own, as of one with more
 * keys than there is time for.
 */
async function compareMetrics(
  ports: ReconcilePorts,
  { refined, metrics, failed = [] }: ReconcileTask,
  types: Readonly<Record<string, TypeNumbers>>,
  { speedComplete }: Pick<EpochLedger, 'speedComplete'>,
  isCounted: (id: string) => boolean,
): Promise<{
  compared: Record<string, MetricNumbers | NotCompared>
  failures: readonly Finding[]
}> {
  const compared: Record<string, MetricNumbers | NotCompared> = {}
  const failures: Finding[] = []
  const passing: TributaryError[] = []
  const failedTypes = new Set(refined.filter(each => 'failure' in each).map(({ type }) => type))
  for (const work of metrics) {
    const { type } = metricOf(ports.pipeline, work.metric)
    let failure = failed.find(({ metric }) => metric === work.metric)?.failure
    try {
      if (failure !== undefined || failedTypes.has(type)) compared[work.metric] = 'failed'
      else
        compared[work.metric] = speedComplete
          ? await compare(ports, work, types, isCounted)
          : 'speed is behind'
    } catch (error) {
      const known = toTributaryError(error)
      const { code, message } = known
      if (known.retryable) passing.push(known)
      compared[work.metric] = 'failed'
      failure = { code, detail: message }
    }
    if (failure !== undefined && !failedTypes.has(type))
      failures.push({ id: work.metric, mode: work.mode, epoch: work.epoch, ...failure })
  }
  const isAny = Object.values(compared).some(numbers => typeof numbers !== 'string')
  if (passing.length > 0 && !isAny) throw passing[0]!
  return { compared, failures }
}

/**
 * Types that go on without raw data that is lost: the speed layer has counted what the batch layer cannot.
 */
function lossyTypes({ refined }: ReconcileTask): readonly string[] {
  return refined.filter(each => 'missing' in each && (each.missing ?? 0) > 0).map(({ type }) => type)
}

function typeFailures({ epoch, mode, refined }: ReconcileTask): readonly Finding[] {
  return refined.flatMap(each =>
    'failure' in each ? [{ id: tallyId(each.type), mode, epoch, ...each.failure }] : [],
  )
}

const DIFFERENT = 'reconciliation_mismatch'

function typeDifferences(
  { epoch, mode }: ReconcileTask,
  types: Readonly<Record<string, TypeNumbers>>,
): readonly Finding[] {
  return Object.entries(types).flatMap(([type, { problems }]) =>
    problems.length === 0
      ? []
      : [{ id: tallyId(type), mode, epoch, code: DIFFERENT, detail: problems.join('; ') }],
  )
}

function metricDifferences(
  { epoch, mode }: ReconcileTask,
  compared: Readonly<Record<string, MetricNumbers | NotCompared>>,
): readonly Finding[] {
  return Object.entries(compared).flatMap(([id, numbers]) => {
    if (typeof numbers === 'string' || numbers.different === 0) return []
    const detail = `${numbers.different} keys differ between the layers, of ${numbers.compared} in the batch layer`
    const keys = numbers.mismatches.map(({ window, group }) => `${formatInstant(window)} ${group}`)
    return [{ id, mode, epoch, code: DIFFERENT, detail, keys }]
  })
}

/** Tells what an operator has accepted, by id: a type is accepted with its metrics. */
function accepted(pipeline: Pipeline, names: readonly string[]): (id: string) => boolean {
  const ids = idsNamed(pipeline, names)
  return id => ids.has(id)
}

async function compare(
  ports: ReconcilePorts,
  { metric: id, epoch, mode }: MetricWork,
  types: Readonly<Record<string, TypeNumbers>>,
  isCounted: (id: string) => boolean,
): Promise<MetricNumbers | NotCompared> {
  const metric = metricOf(ports.pipeline, id)
  if (mode === 'recompute') return 'not kept any more'
  // The type was published through this epoch before: only the metric is new, and speed has not seen all of
  // it. Or the metric was held, and is compared as if its type had waited.
  const known = await ports.batch.boundary(tallyId(metric.type))
  if (known !== undefined && epoch <= known.epoch && !(await wasHeld(ports, id, epoch))) return 'added later'
  if (!isCounted(id)) return 'declared in mid-epoch'
  const partials = await partialsAt(ports.lake, { kind: 'staged-partials', metric: id, epoch })
  const { engine, speed, openEpoch = openByKeys(speed) } = ports
  const numbers = await reconcileMetric({ engine, openEpoch }, metric, epoch, partials)
  return isLooser(ports.pipeline, metric.type, types[metric.type]) ? { ...numbers, different: 0 } : numbers
}

async function wasHeld({ holds }: ReconcilePorts, id: string, epoch: number): Promise<boolean> {
  return (await holds.list()).some(each => each.id === id && each.mode === 'append' && each.epoch <= epoch)
}

/**
 * With a marker a record the speed layer may hold duplicates that the batch layer removed: no fault of
 * either.
 */
function isLooser(pipeline: Pipeline, type: string, numbers: TypeNumbers | undefined): boolean {
  return contractOf(pipeline, type).dedupe === 'record' && numbers?.counted !== numbers?.curated
}
