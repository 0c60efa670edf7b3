import { TributaryError } from '../../core/errors.ts'
import { rawOfType } from '../../core/lake-paths.ts'
import type { Pipeline } from '../../core/pipeline.ts'
import type { Lake } from '../../core/ports/lake.ts'
import type { BatchViews } from '../../core/ports/views.ts'
import { tallyId } from '../../core/tally.ts'
import { parseInstant } from '../../core/time.ts'
import { type EngineLimit, historyOf, isOver, requireFits } from './limits.ts'
import { curatedEpochs, epochsIn } from './lookup.ts'
import type { PlanResult } from './plan.ts'
import type { EpochWork } from './task.ts'

export type PlanBackfillPorts = {
  readonly pipeline: Pipeline
  readonly lake: Lake
  readonly batch: Pick<BatchViews, 'boundary'>
} & EngineLimit

export type PlanBackfillTask = {
  readonly turn: number
  /** What the turns took of an execution's history (0). */
  readonly spent?: number
  /** ISO instants: epochs that begin in [from, to). */
  readonly from: string
  readonly to: string
  /** The epoch done last by this run; undefined at its start. */
  readonly last: number | undefined
}

export type PlanBackfill = (task: PlanBackfillTask) => Promise<PlanResult>

/**
 * Builds the plan of a backfill: the next epoch of a range that has raw or curated data, oldest first. Only what is published
 * already is computed again; epochs after a boundary are the batch run's.
 *
 * @throws (the step) TributaryError `bad_request` where the range is none
 */
export function createPlanBackfill(ports: PlanBackfillPorts): PlanBackfill {
  return async task => {
    const [from, to] = rangeOf(task)
    const lanes = await publishedLanes(ports)
    const wanted = lanes
      .flatMap(lane => lane.epochs)
      .filter(epoch => epoch >= from && epoch < to && (task.last === undefined || epoch > task.last))
    const epoch = wanted.length === 0 ? undefined : Math.min(...wanted)
    const { turn, spent = 0 } = task
    if (epoch === undefined) return { status: 'done', more: false, turn, spent, report: { more: false } }
    const work = workOn(lanes, epoch)
    const after = spent + historyOf(work)
    if (isOver(turn, after))
      return { status: 'done', more: true, turn, spent, report: { more: true, continueFrom: epoch } }
    await requireFits(ports, work.types)
    return { status: 'work', turn: turn + 1, spent: after, epoch, mode: 'recompute', ...work, report: {} }
  }
}

function workOn(lanes: readonly PublishedLane[], epoch: number): Pick<EpochWork, 'types' | 'metrics'> {
  const due = lanes.filter(lane => lane.epochs.includes(epoch))
  return {
    types: due.map(({ type }) => ({ type, epoch })),
    metrics: due.flatMap(({ metrics }) =>
      metrics
        .filter(({ through }) => epoch <= through)
        .map(({ id }) => ({ metric: id, epoch, mode: 'recompute' as const })),
    ),
  }
}

/** A type with the epochs it is published through that hold data, and its metrics with the last epoch of each. */
type PublishedLane = {
  readonly type: string
  readonly epochs: readonly number[]
  readonly metrics: readonly { readonly id: string; readonly through: number }[]
}

async function publishedLanes({ pipeline, lake, batch }: PlanBackfillPorts): Promise<PublishedLane[]> {
  const lanes: PublishedLane[] = []
  for (const type of pipeline.latest.keys()) {
    const boundary = await batch.boundary(tallyId(type))
    if (boundary === undefined) continue
    const metrics: { id: string; through: number }[] = []
    for (const { id } of pipeline.metricsOf.get(type) ?? []) {
      const own = await batch.boundary(id)
      if (own !== undefined) metrics.push({ id, through: own.epoch })
    }
    const epochs = (await epochsOf(lake, type)).filter(epoch => epoch <= boundary.epoch)
    lanes.push({ type, epochs, metrics })
  }
  return lanes
}

async function epochsOf(lake: Lake, type: string): Promise<readonly number[]> {
  const [raw, curated] = [await epochsIn(lake, rawOfType(type)), await curatedEpochs(lake, type)]
  return [...new Set([...raw, ...curated])]
}

function rangeOf({ from, to }: PlanBackfillTask): readonly [number, number] {
  const [first, end] = [parseInstant(from), parseInstant(to)]
  if (first === undefined || end === undefined)
    throw new TributaryError('bad_request', '"from" and "to" must be instants such as 2026-01-31T12:00:00Z')
  if (first >= end) throw new TributaryError('bad_request', '"from" must be before "to"')
  return [first, end]
}
