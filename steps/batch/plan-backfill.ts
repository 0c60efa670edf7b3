import { tallyId } from '../../core/cells/tally.ts'
import { parseDuration } from '../../core/data/epoch.ts'
import { formatInstant, parseInstant } from '../../core/data/time.ts'
import type { Pipeline } from '../../core/declare/pipeline.ts'
import { TributaryError } from '../../core/errors.ts'
import { rawOfType } from '../../core/lake/lake-paths.ts'
import type { LakeFolder } from '../../core/ports/lake-folder.ts'
import type { BatchViews } from '../../core/ports/views.ts'
import { type FitPorts, historyOf, isOver, requireFits } from './limits.ts'
import { curatedEpochs, epochsIn } from './lookup.ts'
import type { PlanResult } from './plan.ts'
import type { EpochWork } from './task.ts'

export type PlanBackfillPorts = {
  readonly pipeline: Pipeline
  readonly lake: LakeFolder
  readonly batch: Pick<BatchViews, 'boundary'>
  /** ms. */
  readonly epochLength: number
} & FitPorts

/** ISO instants: epochs that begin in [from, to). */
export type InstantRange = { readonly from: string; readonly to: string }

/**
 * Which epochs a backfill goes through: named, or the last ones that are published, as in `{ last: '7d' }`.
 */
export type BackfillRange = InstantRange | { readonly last: string }

export type PlanBackfillTask = {
  readonly turn: number
  /** What the turns took of an execution's history (0). */
  readonly spent?: number
  /** Of the first turn, as the caller gave it; of the others, as the turn before answered it. */
  readonly range: BackfillRange
  /** The epoch done last by this run; undefined at its start. */
  readonly last: number | undefined
}

/**
 * With the range in instants, which the next turn is to be given: what is published moves on while a run goes
 * on. Where there is more than a run may do, it is what the next run is to be given.
 */
export type PlanBackfillResult = PlanResult & { readonly range: InstantRange }

export type PlanBackfill = (task: PlanBackfillTask) => Promise<PlanBackfillResult>

/**
 * Builds the plan of a backfill: the next epoch of a range that has raw or curated data, oldest first. Only
 * what is published already is computed again; epochs after a boundary are the batch run's.
 *
 * @throws (the step) TributaryError `bad_request` where the range is none
 */
export function createPlanBackfill(ports: PlanBackfillPorts): PlanBackfill {
  return async task => {
    const bounds = boundsOf(task.range)
    const published = await publishedTypes(ports)
    const [from, to] = typeof bounds === 'number' ? newest(bounds, published, ports.epochLength) : bounds
    const range = { from: formatInstant(from), to: formatInstant(to) }
    const wanted = published
      .flatMap(({ epochs }) => epochs)
      .filter(epoch => epoch >= from && epoch < to && (task.last === undefined || epoch > task.last))
    const epoch = wanted.length === 0 ? undefined : Math.min(...wanted)
    const { turn, spent = 0 } = task
    if (epoch === undefined)
      return { status: 'done', more: false, turn, spent, range, report: { range, more: false } }
    const work = workOn(published, epoch)
    const after = spent + historyOf(work)
    if (isOver(turn, after))
      return {
        ...{ status: 'done', more: true, turn, spent },
        range: { ...range, from: formatInstant(epoch) },
        report: { range, more: true, continueFrom: formatInstant(epoch) },
      }
    await requireFits(ports, work.types)
    const planned = { turn: turn + 1, spent: after, epoch, mode: 'recompute', range } as const
    return { status: 'work', ...planned, ...work, report: { range } }
  }
}

function workOn(published: readonly PublishedType[], epoch: number): Pick<EpochWork, 'types' | 'metrics'> {
  const due = published.filter(({ epochs }) => epochs.includes(epoch))
  return {
    types: due.map(({ type }) => ({ type, epoch })),
    metrics: due.flatMap(({ metrics }) =>
      metrics
        .filter(({ through }) => epoch <= through)
        .map(({ id }) => ({ metric: id, epoch, mode: 'recompute' as const })),
    ),
  }
}

/** Ten years: beyond what any range means. */
const LONGEST_MS = 3650 * 86_400_000

/**
 * A type with the epochs it is published through that hold data, and its metrics with the last epoch of each.
 */
type PublishedType = {
  readonly type: string
  readonly through: number
  readonly epochs: readonly number[]
  readonly metrics: readonly { readonly id: string; readonly through: number }[]
}

async function publishedTypes({ pipeline, lake, batch }: PlanBackfillPorts): Promise<PublishedType[]> {
  const published: PublishedType[] = []
  for (const type of pipeline.latest.keys()) {
    const boundary = await batch.boundary(tallyId(type))
    if (boundary === undefined) continue
    const metrics: { id: string; through: number }[] = []
    for (const { id } of pipeline.metricsOf.get(type) ?? []) {
      const own = await batch.boundary(id)
      if (own !== undefined) metrics.push({ id, through: own.epoch })
    }
    const epochs = (await epochsOf(lake, type)).filter(epoch => epoch <= boundary.epoch)
    published.push({ type, through: boundary.epoch, epochs, metrics })
  }
  return published
}

async function epochsOf(lake: LakeFolder, type: string): Promise<readonly number[]> {
  const [raw, curated] = [await epochsIn(lake, rawOfType(type)), await curatedEpochs(lake, type)]
  return [...new Set([...raw, ...curated])]
}

/** The bounds of a range, or how much time before the end of the newest published epoch it takes. */
function boundsOf(range: BackfillRange): readonly [number, number] | number {
  if ('last' in range) return lengthOf(range.last)
  const [first, end] = [parseInstant(range.from), parseInstant(range.to)]
  if (first === undefined || end === undefined)
    throw new TributaryError('bad_request', '"from" and "to" must be instants such as 2026-01-31T12:00:00Z')
  if (first >= end) throw new TributaryError('bad_request', '"from" must be before "to"')
  return [first, end]
}

function lengthOf(last: string): number {
  const length = parseDuration(last)
  if (length !== undefined && length <= LONGEST_MS) return length
  throw new TributaryError('bad_request', '"last" must be a duration such as 24h or 7d, of ten years at most')
}

/** The epochs of that time up to the newest that is closed and published; an empty range where none is. */
function newest(
  length: number,
  published: readonly PublishedType[],
  epochLength: number,
): readonly [number, number] {
  const through = Math.max(...published.map(type => type.through))
  const end = Number.isFinite(through) ? through + epochLength : 0
  return [end - length, end]
}
