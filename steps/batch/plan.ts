import { tallyId } from '../../core/cells/tally.ts'
import { floorTo } from '../../core/data/time.ts'
import { boundaryIds, holdableIds } from '../../core/declare/boundary-ids.ts'
import type { Pipeline } from '../../core/declare/pipeline.ts'
import { rawOfType } from '../../core/lake/lake-paths.ts'
import type { AcceptedEpoch, Ledger } from '../../core/ports/ledger.ts'
import type { RealTimeViews } from '../../core/ports/views.ts'
import { restateNamed } from '../models/model-marks.ts'
import { createKeepTables, type KeepTablesPorts } from '../tables/keep-tables.ts'
import type { EnginePorts } from './choose-engine.ts'
import { type ChosenEpoch, chooseEpoch, type Due } from './choose-epoch.ts'
import { advanceIdle, type CommitPorts } from './commit.ts'
import { type Boundaries, dropPublished } from './drop-published.ts'
import { type HoldPorts, heldBy, hold, isHeld, withoutHeld } from './held.ts'
import { historyOf, isOver, pieceOf } from './limits.ts'
import { curatedEpochs, epochsIn, lowest, type SomeEpochs } from './lookup.ts'
import { type DueMark, dueMarks, takeUp } from './marks/due-marks.ts'
import { markedWork, marksOf, openMarks } from './marks/marked-work.ts'
import { computableSince, curatedSince, type Horizon, keptMarks } from './retention/kept.ts'
import { type SettlePorts, settle } from './settle.ts'
import { LONGEST_DELIVERY } from './short-types.ts'
import type { EpochWork, Fields, MetricWork, TaskResult, TypeWork, WorkMode } from './task.ts'

export type PlanPorts = SettlePorts &
  HoldPorts & {
    readonly ledger: Ledger
    readonly speed: Pick<RealTimeViews, 'drop'>
  } & EnginePorts &
  Horizon &
  Pick<CommitPorts, 'keepsHistory'> &
  Pick<KeepTablesPorts, 'tables' | 'onTables'>

/**
 * `turn`: epochs this run has done. `spent`: what they took of an execution's history (0). `late`: what
 * becomes of published epochs that are marked as due (`recompute`).
 */
export type PlanTask = {
  readonly turn: number
  readonly run: string
  readonly spent?: number
  readonly late?: 'recompute' | 'leave'
  /** Event types that go on without the raw data that is lost. */
  readonly acceptLoss?: readonly string[]
  /** What the run was given, which a run that goes on after it is given too. */
  readonly input?: Fields
}

export type PlanResult = TaskResult<
  { readonly turn: number; readonly spent: number } & (
    | ({ readonly status: 'work' } & EpochWork)
    /** `more`: there is work left for the next run. `goesOn`: it begins at once, with `next` as its input. */
    | { readonly status: 'done'; readonly more: boolean; readonly goesOn?: boolean; readonly next?: Fields }
  )
>

export type Plan = (task: PlanTask) => Promise<PlanResult>

/**
 * Builds the plan step: the oldest closed epoch that a type or a metric has not been published through, and
 * everything that is due for it. A metric without a boundary (new, or declared anew) starts at the oldest
 * curated epoch of its type. What the run has held is left out of its further turns; what an earlier run held
 * is tried again, at the epoch it is held at. Before all that come published epochs that are marked as due.
 */
export function createPlan(ports: PlanPorts): Plan {
  const keepTables = createKeepTables(ports)
  return async ({ turn, run, spent = 0, late = 'recompute', acceptLoss, input = {} }) => {
    const boundaries = await readBoundaries(ports)
    let notDropped: readonly string[] = []
    if (turn === 0) {
      for (const { id } of ports.pipeline.metrics) await settle(ports, id)
      await restateNamed(ports, input)
      notDropped = await dropPublished(ports, boundaries)
    }
    const tables = await keepTables({ run, isFirst: turn === 0 })
    const newestClosed = await lastClosedEpoch(ports)
    const { due, unknown } = await dueEpochs(ports, boundaries, newestClosed)
    const marks = late === 'leave' ? [] : openMarks(await computableMarks(ports), run, turn)
    const again = markedWork(ports.pipeline, marks, boundaries)
    const { chosen, mode, leftOut } = await chooseWork(ports, run, { again, due, lossy: acceptLoss })
    const report = {
      ...tables,
      ...(unknown.length > 0 && { unknownTypes: unknown }),
      ...(notDropped.length > 0 && { notDropped }),
      ...(await hold(ports, run, leftOut)),
    }
    if (chosen === undefined) {
      await releaseOthers(ports, run)
      if (newestClosed !== undefined) await advanceIdle(ports, newestClosed, run)
      return { ...ended(input, false), turn, spent, report: { ...report, more: false } }
    }
    const { epoch } = chosen
    const piece = pieceOf(ports.pipeline, chosen)
    const after = spent + historyOf(piece)
    if (isOver(turn, after)) return { ...ended(input, true), turn, spent, report: { ...report, more: true } }
    if (mode === 'recompute') await takeUp(ports.lake, marksOf(marks, { ...piece, epoch }), run)
    return { status: 'work', turn: turn + 1, spent: after, epoch, mode, ...piece, report }
  }
}

/** What is due and can be computed again; of the rest the sweep says that it came too late. */
async function computableMarks(ports: PlanPorts): Promise<readonly DueMark[]> {
  const marks = await dueMarks(ports.lake)
  const kept = marks.length === 0 ? [] : await keptMarks(ports.lake)
  return marks.filter(({ type, epoch }) => epoch >= computableSince(kept, type, ports))
}

/**
 * Runs that follow each other at once. A thousand types take more than a run's history, every epoch, so the
 * next run must not wait for the schedule; what is held is tried by each of them, so that there is an end.
 */
const MOST_IN_A_ROW = 24

function ended(input: Fields, more: boolean) {
  // Scripts have prepared what the first of the runs was started for.
  const { continued = 0, scripts: _, restate: _again, restateFrom: _since, ...rest } = input
  const next = { ...rest, continued: Number(continued) + 1 }
  return { status: 'done', more, goesOn: more && next.continued < MOST_IN_A_ROW, next } as const
}

type Candidates = {
  readonly again: ReadonlyMap<number, Due>
  readonly due: ReadonlyMap<number, Due>
  readonly lossy: readonly string[] | undefined
}

/** Marked epochs come first: later ones are deduplicated against what they count. */
async function chooseWork(
  ports: PlanPorts,
  run: string,
  { again, due, lossy }: Candidates,
): Promise<ChosenEpoch & { readonly mode: WorkMode }> {
  const choose = async (work: ReadonlyMap<number, Due>, mode: WorkMode) => {
    const held = await heldBy(ports.holds, run, mode)
    return chooseEpoch(ports, withoutAllHeld(ports.pipeline, held, work), mode, lossy)
  }
  const first = await choose(again, 'recompute')
  if (first.chosen !== undefined) return { ...first, mode: 'recompute' }
  const next = await choose(due, 'append')
  return { ...next, leftOut: [...first.leftOut, ...next.leftOut], mode: 'append' }
}

function withoutAllHeld(
  pipeline: Pipeline,
  held: ReadonlySet<string>,
  due: ReadonlyMap<number, Due>,
): ReadonlyMap<number, Due> {
  if (held.size === 0) return due
  return new Map([...due].map(([epoch, work]) => [epoch, withoutHeld(pipeline, held, work)]))
}

/**
 * Ends holds for which this run found nothing to do although it has done all there is: their data is gone, or
 * they are not declared any more.
 */
async function releaseOthers({ pipeline, holds }: PlanPorts, run: string): Promise<void> {
  const ids = new Set(holdableIds(pipeline))
  const held = await heldBy(holds, run, 'append')
  for (const { id, mode } of await holds.list())
    if (!ids.has(id) || (mode === 'append' && !isHeld(pipeline, held, id))) await holds.release(id, mode)
}

async function readBoundaries({ pipeline, batch }: PlanPorts): Promise<Boundaries> {
  const ids = boundaryIds(pipeline)
  return new Map(await Promise.all(ids.map(async id => [id, await batch.boundary(id)] as const)))
}

/**
 * The newest epoch whose raw data is complete, so that nothing can slip in any more; asked before the work is
 * listed. Where the stream does not count by itself, raw data may hold events that nobody acknowledged: until
 * it is complete, a type that seems to have none may still get some.
 */
async function lastClosedEpoch({ ledger, now, epochLength }: PlanPorts): Promise<number | undefined> {
  const current = floorTo(now(), epochLength)
  const epochs = Math.min(MOST_LOOKS, Math.max(FEWEST_LOOKS, Math.ceil(LONGEST_DELIVERY / epochLength)))
  for (let back = 1; back <= epochs; back++) {
    const { epoch, closed, rawComplete, short = {} } = await ledger.epoch(current - back * epochLength)
    // Of what is short nothing slips in unseen either: it is held, or among the work.
    if (closed && (rawComplete || Object.keys(short).length > 0)) return epoch
  }
  return undefined
}

/** The oldest epoch with work is wanted, so that more of them need not be known: S3 lists so many a call. */
const MOST_EPOCHS = 1000
const FEWEST_LOOKS = 2
const MOST_LOOKS = 40

async function dueEpochs(
  ports: PlanPorts,
  boundaries: Boundaries,
  newestClosed: number | undefined,
): Promise<{ due: ReadonlyMap<number, Due>; unknown: readonly string[] }> {
  const due = new Map<number, { types: TypeWork[]; metrics: MetricWork[] }>()
  const at = (epoch: number) => {
    const known = due.get(epoch) ?? { types: [], metrics: [] }
    due.set(epoch, known)
    return known
  }
  const { epochLength } = ports
  const { closed: closedOnes, unknown } = await closedEpochs(ports, boundaries)
  for (const type of ports.pipeline.latest.keys()) {
    const through = boundaries.get(tallyId(type))?.epoch
    const acknowledged = closedOnes
      .filter(({ accepted }) => (accepted[type] ?? 0) > 0)
      .map(({ epoch }) => epoch)
    // Raw data tells of epochs, too, that the ledger forgot while no run came through.
    const closed = newestClosed === undefined ? undefined : { epoch: newestClosed, epochLength }
    const some = { after: through, through: closed, limit: MOST_EPOCHS }
    const delivered = closed === undefined ? [] : await epochsIn(ports.lake, rawOfType(type), some)
    const fresh = new Set([...acknowledged, ...delivered])
    for (const epoch of fresh) if (isAfter(epoch, through)) at(epoch).types.push({ type, epoch })
    for (const { id } of ports.pipeline.metricsOf.get(type) ?? []) {
      const own = boundaries.get(id)?.epoch
      // What the type was published through lies in the curated lake, also where the ledger has forgotten it.
      const behind = { after: own, limit: MOST_EPOCHS }
      const older = isBehind(own, through) ? await keptCurated(ports.lake, type, behind) : []
      for (const epoch of new Set([...older.filter(e => !isAfter(e, through)), ...fresh]))
        if (isAfter(epoch, own)) at(epoch).metrics.push({ metric: id, epoch, mode: 'append' })
    }
  }
  return { due, unknown }
}

/** Curated epochs of a type, but for those that are about to go. */
async function keptCurated(
  lake: PlanPorts['lake'],
  type: string,
  some: SomeEpochs,
): Promise<readonly number[]> {
  const since = await curatedSince(lake, type)
  const after = Math.max(some.after ?? Number.NEGATIVE_INFINITY, since - 1000)
  return curatedEpochs(lake, type, after < 0 ? some : { ...some, after })
}

async function closedEpochs(
  { pipeline, ledger }: PlanPorts,
  boundaries: Boundaries,
): Promise<{ closed: readonly AcceptedEpoch[]; unknown: readonly string[] }> {
  const through = [...pipeline.latest.keys()].map(type => boundaries.get(tallyId(type))?.epoch)
  const all = await ledger.epochs(lowest(through))
  const types = new Set(all.flatMap(({ accepted }) => Object.keys(accepted)))
  return {
    closed: all.filter(epoch => epoch.closed),
    unknown: [...types].filter(type => !pipeline.latest.has(type)),
  }
}

function isAfter(epoch: number, boundary: number | undefined): boolean {
  return boundary === undefined || epoch > boundary
}

function isBehind(own: number | undefined, through: number | undefined): boolean {
  return through !== undefined && (own === undefined || own < through)
}
