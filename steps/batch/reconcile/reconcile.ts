import { tallyId } from '../../../core/cells/tally.ts'
import { pathInstant } from '../../../core/data/time.ts'
import type { Pipeline } from '../../../core/declare/pipeline.ts'
import type { LakeEngine } from '../../../core/ports/lake-engine.ts'
import type { LakeFolder } from '../../../core/ports/lake-folder.ts'
import type { Ledger } from '../../../core/ports/ledger.ts'
import type { BatchViews, RealTimeViews } from '../../../core/ports/views.ts'
import { contractOf, metricOf } from '../lookup.ts'
import type { Refined } from '../refine/refine-epoch.ts'
import { partialsAt } from '../settle.ts'
import type { MetricWork, TaskResult } from '../task.ts'
import { type MetricNumbers, reconcileMetric } from './reconcile-metric.ts'
import { reconcileType, type TypeNumbers } from './reconcile-type.ts'

export type ReconcilePorts = {
  readonly pipeline: Pipeline
  readonly lake: LakeFolder
  readonly engine: LakeEngine
  readonly ledger: Ledger
  readonly speed: Pick<RealTimeViews, 'epoch'>
  readonly batch: Pick<BatchViews, 'boundary'>
  /** Told of every epoch on which the layers disagree. */
  readonly onMismatch: (reconciliation: Reconciliation) => void
}

export type ReconcileTask = {
  readonly epoch: number
  readonly refined: readonly ({ readonly type: string } & Refined)[]
  readonly metrics: readonly MetricWork[]
}

/** Why a metric is not compared: its real-time partials are gone, or began after the epoch did. */
export type NotCompared = 'not kept any more' | 'added later'

export type Reconciliation = {
  readonly epoch: number
  readonly ok: boolean
  readonly types: Readonly<Record<string, TypeNumbers>>
  readonly metrics: Readonly<Record<string, MetricNumbers | NotCompared>>
}

export type ReconcileResult = TaskResult<{ readonly ok: boolean }>

export type Reconcile = (task: ReconcileTask) => Promise<ReconcileResult>

/**
 * Builds the reconcile step: compares what every layer says about an epoch. A disagreement is reported and
 * told, and the batch view is published all the same: with the raw data complete, it is the truth.
 */
export function createReconcile(ports: ReconcilePorts): Reconcile {
  return async ({ epoch, refined, metrics }) => {
    const ledger = await ports.ledger.epoch(epoch)
    const types: Record<string, TypeNumbers> = {}
    for (const { type, ...numbers } of refined) {
      const published = await ports.batch.boundary(tallyId(type))
      // The tally of a published epoch is dropped, and what is delivered again later makes only a part of it
      // anew.
      const speed = published !== undefined && epoch <= published.epoch ? undefined : ports.speed
      types[type] = await reconcileType(speed, contractOf(ports.pipeline, type), ledger, numbers)
    }
    const compared: Record<string, MetricNumbers | NotCompared> = {}
    for (const work of metrics) compared[work.metric] = await compare(ports, work, types)
    const ok =
      Object.values(types).every(({ problems }) => problems.length === 0) &&
      Object.values(compared).every(numbers => typeof numbers === 'string' || numbers.different === 0)
    const reconciliation = { epoch, ok, types, metrics: compared }
    if (!ok) ports.onMismatch(reconciliation)
    return {
      ok,
      report: { epochs: { [pathInstant(epoch)]: { reconciliation: { ok, types, metrics: compared } } } },
    }
  }
}

async function compare(
  ports: ReconcilePorts,
  { metric: id, epoch, mode }: MetricWork,
  types: Readonly<Record<string, TypeNumbers>>,
): Promise<MetricNumbers | NotCompared> {
  const metric = metricOf(ports.pipeline, id)
  if (mode === 'recompute') return 'not kept any more'
  // The type was published through this epoch before: only the metric is new, and speed has not seen all of
  // it.
  const known = await ports.batch.boundary(tallyId(metric.type))
  if (known !== undefined && epoch <= known.epoch) return 'added later'
  const partials = await partialsAt(ports.lake, { kind: 'staged-partials', metric: id, epoch })
  if (partials === undefined) return 'not kept any more'
  const numbers = await reconcileMetric(ports, metric, epoch, partials)
  if (numbers === undefined) return 'not kept any more'
  return isLooser(ports.pipeline, metric.type, types[metric.type]) ? { ...numbers, different: 0 } : numbers
}

/**
 * With a marker a record the speed layer may hold duplicates that the batch layer removed: no fault of
 * either.
 */
function isLooser(pipeline: Pipeline, type: string, numbers: TypeNumbers | undefined): boolean {
  return contractOf(pipeline, type).dedupe === 'record' && numbers?.counted !== numbers?.curated
}
