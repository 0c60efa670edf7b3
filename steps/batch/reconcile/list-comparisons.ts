import { tallyId } from '../../../core/cells/tally.ts'
import { pathInstant } from '../../../core/data/time.ts'
import type { Pipeline } from '../../../core/declare/pipeline.ts'
import { toTributaryError } from '../../../core/errors.ts'
import type { CountedSince } from '../../../core/ports/counted-since.ts'
import type { Holds } from '../../../core/ports/holds.ts'
import type { EpochLedger, Ledger } from '../../../core/ports/ledger.ts'
import type { BatchViews } from '../../../core/ports/views.ts'
import { contractOf, idsNamed, metricOf } from '../lookup.ts'
import type { Refined } from '../refine/refine-epoch.ts'
import type { ItemFailure, MetricWork, TaskResult, WorkMode } from '../task.ts'
import type { CountRejected } from './count-rejected.ts'

export type ListComparisonsPorts = {
  readonly pipeline: Pipeline
  readonly ledger: Ledger
  readonly batch: Pick<BatchViews, 'boundary'>
  readonly countedSince: Pick<CountedSince, 'list'>
  readonly holds: Pick<Holds, 'list'>
  /** Undefined where rejected events are not listed in the order in which they were received. */
  readonly countRejected: CountRejected | undefined
  /** ms. */
  readonly epochLength: number
}

export type ListComparisonsTask = {
  readonly epoch: number
  readonly mode: WorkMode
  /** What refining a type came to, or why it failed. */
  readonly refined: readonly ({ readonly type: string } & ((Refined & { missing?: number }) | ItemFailure))[]
  readonly metrics: readonly MetricWork[]
  /** Metrics that could not be aggregated. */
  readonly failed?: readonly ({ readonly metric: string } & ItemFailure)[]
  /** Names of metrics and types whose numbers are taken from the batch layer, whatever speed says. */
  readonly accept?: readonly string[]
}

type Comparison = {
  /** What is compared, as its boundary is called: the id of a metric, or the tally of an event type. */
  readonly id: string
  readonly epoch: number
  readonly mode: WorkMode
  /** Whether a difference is taken as it is, which an operator said, or loss that was accepted. */
  readonly isAccepted: boolean
}

/** An event type, to be compared by its counts. */
export type TypeComparison = Comparison & {
  readonly type: string
  readonly refined: Refined
  /** What ingest acknowledged; null where the ledger has forgotten the epoch. */
  readonly accepted: number | null
  readonly counts: EpochLedger['counts']
  /** Whether the speed layer keeps a tally of the whole epoch. */
  readonly isTallied: boolean
  /** Whether it has counted the type from the beginning of the epoch on. */
  readonly isWhole: boolean
}

/** A metric, to be compared partial by partial. */
export type MetricComparison = Comparison & {
  /**
   * Of a type whose duplicates pass the speed layer (a marker a record): how many events the batch layer has.
   * Where the speed layer has counted others, partials that differ are no fault of either.
   */
  readonly curated?: number
  /** Of the same: whether the speed layer's count is known. */
  readonly isTallied?: boolean
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

export type ListComparisonsResult = TaskResult<{
  readonly items: readonly (TypeComparison | MetricComparison)[]
  readonly notCompared: Readonly<Record<string, NotCompared>>
}>

export type ListComparisons = (task: ListComparisonsTask) => Promise<ListComparisonsResult>

/**
 * Builds the step that says what there is to compare of an epoch: its types that were refined, and those of
 * its metrics of which both layers have all. The ledger is asked here, once for all of them: what it says of
 * an epoch takes a request a type.
 */
export function createListComparisons(ports: ListComparisonsPorts): ListComparisons {
  return async task => {
    const known = await readKnown(ports, task)
    const types = task.refined.flatMap(each =>
      'failure' in each ? [] : [typeItem(ports, task, known, each)],
    )
    const reasons = task.metrics.map(work => [work.metric, reasonNot(ports, task, known, work)] as const)
    const notCompared = reasons.flatMap(([id, reason]) =>
      reason === undefined ? [] : [[id, reason] as const],
    )
    const compared = reasons.flatMap(([id, reason]) => (reason === undefined ? [id] : []))
    const metrics = compared.map(id => metricItem(ports, task, known, id, types))
    const report = await reportOfRejected(ports, task.epoch)
    return { items: [...types, ...metrics], notCompared: Object.fromEntries(notCompared), report }
  }
}

/** For people: no number depends on it, so that a store that does not answer holds up nothing. */
async function reportOfRejected(
  { countRejected, epochLength }: ListComparisonsPorts,
  epoch: number,
): Promise<TaskResult<object>['report']> {
  if (countRejected === undefined) return {}
  try {
    const { types, isPart } = await countRejected(epoch, epoch + epochLength)
    const rejected = { rejected: types, ...(isPart && { rejectedIsPart: true }) }
    return { epochs: { [pathInstant(epoch)]: rejected } }
  } catch (error) {
    const rejectedUnknown = toTributaryError(error).message
    return { epochs: { [pathInstant(epoch)]: { rejectedUnknown } } }
  }
}

type Known = {
  readonly ledger: EpochLedger
  /** Types that are published through the epoch. */
  readonly published: ReadonlySet<string>
  /** Metrics that were held at the epoch, or before. */
  readonly held: ReadonlySet<string>
  readonly isAccepted: (id: string) => boolean
  /** Whether the speed layer has counted all of the epoch. */
  readonly isCounted: (id: string) => boolean
}

async function readKnown(ports: ListComparisonsPorts, task: ListComparisonsTask): Promise<Known> {
  const { pipeline, batch } = ports
  const { epoch, refined, metrics, accept = [] } = task
  const ofMetrics = metrics.map(({ metric }) => metricOf(pipeline, metric).type)
  const published = new Set<string>()
  for (const type of new Set([...refined.map(each => each.type), ...ofMetrics])) {
    const boundary = await batch.boundary(tallyId(type))
    if (boundary !== undefined && epoch <= boundary.epoch) published.add(type)
  }
  // A type may go on without raw data that is lost: the speed layer has counted what the batch layer cannot.
  const lossy = refined.filter(each => 'missing' in each && (each.missing ?? 0) > 0).map(({ type }) => type)
  const accepted = idsNamed(pipeline, [...accept, ...lossy])
  const since = await ports.countedSince.list()
  const holds = (await ports.holds.list()).filter(each => each.mode === 'append' && each.epoch <= epoch)
  return {
    ledger: await ports.ledger.epoch(epoch),
    published,
    held: new Set(holds.map(({ id }) => id)),
    isAccepted: id => accepted.has(id),
    isCounted: id => (since.get(id) ?? Number.POSITIVE_INFINITY) <= epoch,
  }
}

function typeItem(
  { pipeline }: ListComparisonsPorts,
  { epoch, mode }: ListComparisonsTask,
  { ledger, published, isAccepted, isCounted }: Known,
  { type, ...refined }: { readonly type: string } & Refined,
): TypeComparison {
  const id = tallyId(contractOf(pipeline, type).type)
  const isPublished = published.has(type)
  // The tally of a published epoch is dropped, and what is delivered again later makes only a part of it
  // anew. Lines that came late are why it is computed again: raw may hold more than was counted then.
  const isWhole = isPublished || isCounted(id)
  return {
    ...{ id, type, epoch, mode, isAccepted: isAccepted(id), refined, isWhole },
    accepted: ledger.accepted[type] ?? null,
    counts: isPublished ? 'at least' : ledger.counts,
    isTallied: !isPublished && isWhole && ledger.speedComplete,
  }
}

function metricItem(
  { pipeline }: ListComparisonsPorts,
  { epoch, mode }: ListComparisonsTask,
  { isAccepted }: Known,
  id: string,
  types: readonly TypeComparison[],
): MetricComparison {
  const { type } = metricOf(pipeline, id)
  const own = types.find(each => each.type === type)
  const isLoose = own !== undefined && contractOf(pipeline, type).dedupe === 'record'
  const counted = isLoose ? { curated: own.refined.curated, isTallied: own.isTallied } : {}
  return { id, epoch, mode, isAccepted: isAccepted(id), ...counted }
}

function reasonNot(
  { pipeline }: ListComparisonsPorts,
  { refined, failed = [] }: ListComparisonsTask,
  { ledger, published, held, isCounted }: Known,
  { metric, mode }: MetricWork,
): NotCompared | undefined {
  const { type } = metricOf(pipeline, metric)
  const isFailed = refined.some(each => each.type === type && 'failure' in each)
  if (isFailed || failed.some(each => each.metric === metric)) return 'failed'
  if (!ledger.speedComplete) return 'speed is behind'
  if (mode === 'recompute') return 'not kept any more'
  // The type was published through this epoch before: only the metric is new, and speed has not seen all of
  // it. Or the metric was held, and is compared as if its type had waited.
  if (published.has(type) && !held.has(metric)) return 'added later'
  return isCounted(metric) ? undefined : 'declared in mid-epoch'
}
