import { rawOfType } from '../../core/lake-paths.ts'
import type { Pipeline } from '../../core/pipeline.ts'
import type { AcceptedEpoch, Ledger } from '../../core/ports/ledger.ts'
import type { Boundary, RealTimeViews } from '../../core/ports/views.ts'
import { tallyId } from '../../core/tally.ts'
import { floorTo } from '../../core/time.ts'
import { advanceIdle } from './commit.ts'
import { type EngineLimit, historyOf, isOver, requireFits } from './limits.ts'
import { curatedEpochs, epochsIn, lowest } from './lookup.ts'
import { type SettlePorts, settle } from './settle.ts'
import type { EpochWork, MetricWork, TaskResult, TypeWork } from './task.ts'

export type PlanPorts = SettlePorts & {
  readonly pipeline: Pipeline
  readonly ledger: Ledger
  readonly speed: Pick<RealTimeViews, 'drop'>
  /** ms. */
  readonly epochLength: number
  /** ms since 1970. */
  readonly now: () => number
} & EngineLimit

/** `turn`: epochs this run has done. `spent`: what they took of an execution's history (0). */
export type PlanTask = { readonly turn: number; readonly run: string; readonly spent?: number }

export type PlanResult = TaskResult<
  { readonly turn: number; readonly spent: number } & (
    | ({ readonly status: 'work' } & EpochWork)
    /** `more`: there is work left for the next run. */
    | { readonly status: 'done'; readonly more: boolean }
  )
>

export type Plan = (task: PlanTask) => Promise<PlanResult>

/** Queries that read under the boundary before the last move have ended after this time, ms; with short epochs, half of one. */
const GRACE_MS = 60_000

/**
 * Builds the plan step: the oldest closed epoch that a type or a metric has not been published through, and everything that is
 * due for it. A metric without a boundary (new, or declared anew) starts at the oldest curated epoch of its type.
 */
export function createPlan(ports: PlanPorts): Plan {
  return async ({ turn, run, spent = 0 }) => {
    const boundaries = await readBoundaries(ports)
    if (turn === 0) {
      for (const { id } of ports.pipeline.metrics) await settle(ports, id)
      await dropPublished(ports, boundaries)
    }
    const newestClosed = await lastClosedEpoch(ports)
    const { due, unknown } = await dueEpochs(ports, boundaries, newestClosed)
    const epoch = due
      .keys()
      .reduce<number | undefined>((a, b) => (a === undefined || b < a ? b : a), undefined)
    const report = unknown.length === 0 ? {} : { unknownTypes: unknown }
    if (epoch === undefined) {
      if (newestClosed !== undefined) await advanceIdle(ports, newestClosed, run)
      return { status: 'done', more: false, turn, spent, report: { ...report, more: false } }
    }
    const { types, metrics } = due.get(epoch)!
    const after = spent + historyOf({ types, metrics })
    if (isOver(turn, after))
      return { status: 'done', more: true, turn, spent, report: { ...report, more: true } }
    await requireFits(ports, types)
    return { status: 'work', turn: turn + 1, spent: after, epoch, mode: 'append', types, metrics, report }
  }
}

/** Boundaries of metrics and types (as their tallies), by id. */
type Boundaries = ReadonlyMap<string, Boundary | undefined>

async function readBoundaries({ pipeline, batch }: PlanPorts): Promise<Boundaries> {
  const ids = [...pipeline.metrics.map(m => m.id), ...[...pipeline.latest.keys()].map(tallyId)]
  return new Map(await Promise.all(ids.map(async id => [id, await batch.boundary(id)] as const)))
}

/** Real-time partials that no query needs any more. Not at once: a query that began under the old boundary reads them. */
async function dropPublished({ speed, now, epochLength }: PlanPorts, boundaries: Boundaries): Promise<void> {
  const settled = now() - Math.min(GRACE_MS, epochLength / 2)
  for (const [id, boundary] of boundaries)
    if (boundary !== undefined && boundary.movedAt <= settled) await speed.drop(id, boundary.epoch)
}

/**
 * The newest epoch whose raw data is complete, so that nothing can slip in any more; asked before the work is listed. Where the
 * stream does not count by itself, raw data may hold events that nobody acknowledged: until it is complete, a type that seems to
 * have none may still get some.
 */
async function lastClosedEpoch({ ledger, now, epochLength }: PlanPorts): Promise<number | undefined> {
  const current = floorTo(now(), epochLength)
  for (let back = 1; back <= LOOK_BACK; back++) {
    const { epoch, closed, rawComplete } = await ledger.epoch(current - back * epochLength)
    if (closed && rawComplete) return epoch
  }
  return undefined
}

/** With short epochs, the delivery of raw data takes several. */
const LOOK_BACK = 4

type Due = { readonly types: TypeWork[]; readonly metrics: MetricWork[] }

async function dueEpochs(
  ports: PlanPorts,
  boundaries: Boundaries,
  newestClosed: number | undefined,
): Promise<{ due: ReadonlyMap<number, Due>; unknown: readonly string[] }> {
  const due = new Map<number, Due>()
  const at = (epoch: number): Due => {
    const known = due.get(epoch) ?? { types: [], metrics: [] }
    due.set(epoch, known)
    return known
  }
  const { closed, unknown } = await closedEpochs(ports, boundaries)
  for (const type of ports.pipeline.latest.keys()) {
    const through = boundaries.get(tallyId(type))?.epoch
    const acknowledged = closed.filter(({ accepted }) => (accepted[type] ?? 0) > 0).map(({ epoch }) => epoch)
    // Raw data tells of epochs, too, that the ledger forgot while no run came through.
    const delivered = (await epochsIn(ports.lake, rawOfType(type))).filter(
      epoch => newestClosed !== undefined && epoch <= newestClosed && isAfter(epoch, through),
    )
    const fresh = new Set([...acknowledged, ...delivered])
    for (const epoch of fresh) if (isAfter(epoch, through)) at(epoch).types.push({ type, epoch })
    for (const { id } of ports.pipeline.metricsOf.get(type) ?? []) {
      const own = boundaries.get(id)?.epoch
      // What the type was published through lies in the curated lake, also where the ledger has forgotten it.
      const older = isBehind(own, through) ? await curatedEpochs(ports.lake, type) : []
      for (const epoch of new Set([...older.filter(e => !isAfter(e, through)), ...fresh]))
        if (isAfter(epoch, own)) at(epoch).metrics.push({ metric: id, epoch, mode: 'append' })
    }
  }
  return { due, unknown }
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
