import { tallyId } from '../../core/cells/tally.ts'
import { formatInstant, parseInstant } from '../../core/data/time.ts'
import type { Pipeline } from '../../core/declare/pipeline.ts'
import { rawOfType } from '../../core/lake/lake-paths.ts'
import type { Holds } from '../../core/ports/holds.ts'
import type { LakeFolder } from '../../core/ports/lake-folder.ts'
import type { BatchViews } from '../../core/ports/views.ts'
import { createKeepTables, type KeepTablesPorts } from '../tables/keep-tables.ts'
import { type BackfillRange, boundsOf, type InstantRange, leftOutOf, newest } from './backfill-range.ts'
import { type EnginePorts, requireFits } from './choose-engine.ts'
import { heldBy, withoutHeld } from './held.ts'
import { historyOf, isOver, pieceOf } from './limits.ts'
import { curatedEpochs, epochsIn } from './lookup.ts'
import { type DueMark, dueMarks, takeUp } from './marks/due-marks.ts'
import { marksOf, workAgain } from './marks/marked-work.ts'
import type { PlanResult } from './plan.ts'
import { computableSince, type Horizon, keptMarks } from './retention/kept.ts'
import type { EpochWork } from './task.ts'

export type PlanBackfillPorts = {
  readonly pipeline: Pipeline
  readonly lake: LakeFolder
  readonly batch: Pick<BatchViews, 'boundary'>
  readonly holds: Pick<Holds, 'list'>
} & EnginePorts &
  Horizon &
  Pick<KeepTablesPorts, 'engine' | 'tables' | 'onTables'>

export type PlanBackfillTask = {
  readonly turn: number
  readonly run: string
  /** What the turns took of an execution's history (0). */
  readonly spent?: number
  /** Of the first turn, as the caller gave it; of the others, as the turn before answered it. */
  readonly range: BackfillRange
  /** The epoch done last by this run; undefined at its start. */
  readonly last: number | undefined
  /** The type of that epoch that was done last, where others of it are left. */
  readonly after?: string | undefined
}

/**
 * With the range in instants, which the next turn is to be given: what is published moves on while a run goes
 * on. Where there is more than a run may do, it is what the next run is to be given.
 */
export type PlanBackfillResult = PlanResult & {
  readonly range: InstantRange
  /** The type after which the next run goes on in the range's first epoch; empty: with all. */
  readonly after: string
}

export type PlanBackfill = (task: PlanBackfillTask) => Promise<PlanBackfillResult>

/**
 * Builds the plan of a backfill: the next epoch of a range that has raw or curated data, oldest first, and of
 * those from its beginning on that are marked as due: an epoch that counts other events now reaches as far as
 * ids are remembered. Only what is published already is computed again; epochs after a boundary are the batch
 * run's. What the run has held is left out of its further turns, and so is what a type is kept for no longer.
 *
 * @throws (the step) TributaryError `bad_request` where the range is none, or ends before anything is kept
 */
export function createPlanBackfill(ports: PlanBackfillPorts): PlanBackfill {
  const keepTables = createKeepTables(ports)
  return async task => {
    const tables = await keepTables({ run: task.run, isFirst: task.turn === 0 })
    const bounds = boundsOf(task.range)
    const boundaries = await withComputable(ports, await publishedTypes(ports))
    const [from, to] = typeof bounds === 'number' ? newest(bounds, boundaries, ports.epochLength) : bounds
    const range = { from: formatInstant(from), to: formatInstant(to) }
    const leftOut = leftOutOf(boundaries, from, to)
    const { turn, run, spent = 0, after: done } = task
    const last = task.last ?? (done === undefined ? Number.NEGATIVE_INFINITY : from)
    const published = await withEpochs(
      ports,
      boundaries,
      Math.max(from, done === undefined ? last + 1 : last) - 1,
    )
    const marks = (await dueMarks(ports.lake)).filter(({ epoch }) => epoch >= from)
    const held = await heldBy(ports.holds, run, 'recompute')
    const works = worksOf(ports.pipeline, published, { from, to, marks, last, done })
    const next = works
      .map(work => withoutHeld(ports.pipeline, held, work))
      .find(({ types }) => types.length > 0)
    if (next === undefined)
      return {
        status: 'done',
        more: false,
        turn,
        spent,
        range,
        after: '',
        report: { ...tables, range, more: false, ...leftOut },
      }
    const piece = pieceOf(ports.pipeline, next)
    const after = spent + historyOf(piece)
    if (isOver(turn, after))
      return leftOver(next.epoch, range, { turn, spent, after: next.epoch === last ? (done ?? '') : '' })
    await requireFits(ports, piece.types)
    await takeUp(ports.lake, marksOf(marks, { ...piece, epoch: next.epoch }), run)
    const planned = { turn: turn + 1, spent: after, mode: 'recompute', range, after: '' } as const
    return {
      status: 'work',
      ...planned,
      epoch: next.epoch,
      ...piece,
      report: { ...tables, range, ...leftOut },
    }
  }
}

/** What the next run is to be given; marked epochs after the range are the next batch's. */
function leftOver(
  epoch: number,
  range: InstantRange,
  progress: { readonly turn: number; readonly spent: number; readonly after: string },
): PlanBackfillResult {
  const continueFrom = formatInstant(epoch)
  const more = epoch < parseInstant(range.to)!
  return {
    ...{ status: 'done', more, ...progress },
    range: more ? { ...range, from: continueFrom } : range,
    report: { range, more, ...(more && { continueFrom }) },
  }
}

type Wanted = {
  readonly from: number
  readonly to: number
  readonly marks: readonly DueMark[]
  /** The epoch done last, and the last of its types that was, where others are left. */
  readonly last: number
  readonly done: string | undefined
}

/** The work of every epoch that is left, oldest first. */
function worksOf(
  pipeline: Pipeline,
  published: readonly PublishedType[],
  { from, to, marks, last, done }: Wanted,
): readonly Pick<EpochWork, 'epoch' | 'types' | 'metrics'>[] {
  const typesOf = new Map<number, string[]>()
  const through = new Map<string, number>()
  const doneThrough = published.findIndex(({ type }) => type === done)
  for (const [i, { type, epochs, ...boundary }] of published.entries()) {
    for (const metric of boundary.metrics) through.set(metric.id, metric.through)
    const marked = marks.filter(mark => mark.type === type && mark.epoch <= boundary.through)
    const wanted = [
      ...epochs.filter(epoch => epoch >= from && epoch < to),
      ...marked.map(({ epoch }) => epoch),
    ].filter(epoch => epoch >= boundary.computable)
    for (const epoch of new Set(wanted))
      if (epoch > last || (epoch === last && done !== undefined && i > doneThrough))
        typesOf.set(epoch, [...(typesOf.get(epoch) ?? []), type])
  }
  return [...typesOf]
    .sort(([a], [b]) => a - b)
    .map(([epoch, types]) => ({ epoch, ...workAgain(pipeline, epoch, types, id => through.get(id)) }))
}

/** S3 lists so many a call. */
const MOST_EPOCHS = 1000

/**
 * A type with the epochs it is published through that hold data, and its metrics with the last epoch of each.
 */
type PublishedType = Computable & { readonly epochs: readonly number[] }

/** `computable`: from when on epochs can be computed again, ms. */
type Computable = Published & { readonly computable: number }

type Published = {
  readonly type: string
  readonly through: number
  readonly metrics: readonly { readonly id: string; readonly through: number }[]
}

async function publishedTypes({ pipeline, batch }: PlanBackfillPorts): Promise<readonly Published[]> {
  const published: Published[] = []
  for (const type of pipeline.latest.keys()) {
    const boundary = await batch.boundary(tallyId(type))
    if (boundary === undefined) continue
    const metrics: { id: string; through: number }[] = []
    for (const { id } of pipeline.metricsOf.get(type) ?? []) {
      const own = await batch.boundary(id)
      if (own !== undefined) metrics.push({ id, through: own.epoch })
    }
    published.push({ type, through: boundary.epoch, metrics })
  }
  return published
}

async function withComputable(
  ports: PlanBackfillPorts,
  published: readonly Published[],
): Promise<readonly Computable[]> {
  const kept = await keptMarks(ports.lake)
  return published.map(each => ({ ...each, computable: computableSince(kept, each.type, ports) }))
}

/** The next epoch is wanted: the oldest ones after an instant will do. */
async function withEpochs(
  { lake }: PlanBackfillPorts,
  published: readonly Computable[],
  after: number,
): Promise<readonly PublishedType[]> {
  const found: PublishedType[] = []
  for (const type of published) {
    const some = { after: Math.max(after, type.computable - 1000), limit: MOST_EPOCHS }
    const [raw, curated] = [
      await epochsIn(lake, rawOfType(type.type), some),
      await curatedEpochs(lake, type.type, some),
    ]
    const epochs = [...new Set([...raw, ...curated])].filter(epoch => epoch <= type.through)
    found.push({ ...type, epochs })
  }
  return found
}
