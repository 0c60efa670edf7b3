import { tallyId } from '../../core/cells/tally.ts'
import { pathInstant } from '../../core/data/time.ts'
import {
  againMark,
  partialsFolder,
  rawFolder,
  rawOfType,
  staged,
  tableOfMetric,
  tableOfType,
} from '../../core/lake/lake-paths.ts'
import type { Boundary } from '../../core/ports/views.ts'
import { noteMove } from '../history/moves.ts'
import { markForModels } from '../models/model-marks.ts'
import type { TablePorts } from '../tables/table-head.ts'
import { markForTable } from '../tables/table-marks.ts'
import { noteDue } from './certify/due.ts'
import { type HoldPorts, heldBy, hold, isHeld, withoutHeld } from './held.ts'
import { epochsIn } from './lookup.ts'
import { dueMarks, endMark, markDue } from './marks/due-marks.ts'
import { marksOf } from './marks/marked-work.ts'
import { openGeneration, type SettlePorts, settle } from './settle.ts'
import type { EpochWork, ItemFailure, TaskResult, TypeWork, WorkMode } from './task.ts'

export type CommitPorts = SettlePorts &
  HoldPorts & {
    /** Whether what batch views were is kept, so that answers of before can be given again. */
    readonly keepsHistory: boolean
    /** ms. */
    readonly epochLength: number
    /** Where the platform keeps open tables: they are told what is published. */
    readonly tables?: TablePorts | undefined
  }

export type CommitTask = EpochWork & {
  /** Run id. */
  readonly run: string
  /** Metrics whose batch views could not be written. */
  readonly failed?: readonly ({ readonly metric: string } & ItemFailure)[]
  /** How many raw objects each type was refined from. */
  readonly refined?: readonly { readonly type: string; readonly objects: number }[]
  /** How many of the metrics an earlier piece has committed (0). */
  readonly committed?: number
  /** ms until the function is ended; default: it is not. */
  readonly timeLeft?: () => number
}

/** `more`: the next piece is to be done, which goes on after so many metrics. */
export type CommitResult = TaskResult<{
  readonly epoch: number
  readonly status: 'more' | 'done'
  readonly committed: number
}>

export type Commit = (task: CommitTask) => Promise<CommitResult>

/**
 * Builds the commit step: moves the boundary of every metric over the epoch, which shows its batch views. A
 * metric's views and its boundary move as one; metrics move one after the other, and the type last, so that a
 * run cut short here does the epoch again for what is left. What the run holds stays where it is.
 *
 * It is done in pieces, of as much as a function has time for. To do again what is done changes nothing.
 */
export function createCommit(ports: CommitPorts): Commit {
  const { pipeline, lake, holds } = ports
  return async task => {
    const { epoch, mode, run, failed = [], refined = [], isPart = false, ...work } = task
    const { committed = 0, timeLeft = () => Number.POSITIVE_INFINITY } = task
    const isOver = () => timeLeft() < RESERVE_MS
    const findings = failed.map(({ metric, failure }) => ({ id: metric, mode, epoch, ...failure }))
    const found = await hold(ports, run, findings)
    const held = await heldBy(holds, run, mode)
    const { types, metrics } = withoutHeld(pipeline, held, work)
    // Before anything of it is shown, or a crash could leave it without.
    if (committed === 0 && metrics.length > 0)
      await noteDue(ports.engine, { run, epoch, metrics: metrics.map(({ metric }) => metric) })
    const more = (done: number): CommitResult => ({ epoch, status: 'more', committed: done, report: found })
    for (const [at, { metric }] of metrics.entries()) {
      if (at < committed) continue
      // A piece does one at least, or it would be called for ever.
      if (at > committed && isOver()) return more(at)
      const generation = await openGeneration(lake, metric)
      if (ports.tables !== undefined) await markForTable(lake, { owner: tableOfMetric(metric), epoch, run })
      await advance(ports, metric, { epoch, run, generation })
      await settle(ports, metric)
      await lake.remove(staged(partialsFolder(metric, epoch)))
    }
    // What is left is quick, and quicker where it is done already.
    if (committed < metrics.length && isOver()) return more(metrics.length)
    // Before the boundary of the type, which says that it is published.
    if (ports.tables !== undefined)
      for (const { type } of types) await markForTable(lake, { owner: tableOfType(type), epoch, run })
    for (const { type } of types) await markForModels(ports, type, epoch, run)
    if (mode === 'recompute') {
      // What follows a boundary the warehouse finds by itself; what lies before it, it has to be told. It is
      // told before the marks end: once they have, no other run knows that the epoch was computed again.
      for (const { type } of types) await lake.put(againMark(type, epoch, run), [])
      await endMarks(ports, { epoch, types: work.types }, run, held)
    }
    for (const id of [...types.map(({ type }) => tallyId(type)), ...metrics.map(({ metric }) => metric)])
      await release(ports, id, mode, epoch)
    // A metric without a boundary still has to be computed from its first epoch on; a backfill says nothing
    // about that. Nor does a part of the epoch's work say which types and metrics have none.
    if (mode === 'append' && !isPart) await advanceIdle(ports, epoch, run, await withRaw(ports, epoch, types))
    if (mode === 'append' && isPart)
      for (const { type } of types) await advance(ports, tallyId(type), { epoch, run, generation: undefined })
    if (mode === 'append') await markLate(ports, epoch, types, refined)
    const report = { epochs: { [pathInstant(epoch)]: { published: metrics.length } }, ...found }
    return { epoch, status: 'done', committed: 0, report }
  }
}

/** Time kept for what is under way, and for the report, ms. */
const RESERVE_MS = 30_000

/**
 * Marks an epoch whose raw data has grown since it was refined. Whoever delivers raw lines looks at the
 * boundary after that, so what came before it had moved is found here, and what came later there.
 */
async function markLate(
  { lake }: CommitPorts,
  epoch: number,
  types: readonly TypeWork[],
  refined: Required<CommitTask>['refined'],
): Promise<void> {
  for (const { type, objects } of refined)
    if (types.some(work => work.type === type) && (await lake.list(rawFolder(type, epoch))).length > objects)
      await markDue(lake, type, [epoch])
}

/** Ends the marks that the run took up for an epoch, but of types of which it holds something. */
async function endMarks(
  { pipeline, lake }: CommitPorts,
  work: Pick<EpochWork, 'epoch' | 'types'>,
  run: string,
  held: ReadonlySet<string>,
): Promise<void> {
  for (const mark of marksOf(await dueMarks(lake), work)) {
    const ids = [tallyId(mark.type), ...(pipeline.metricsOf.get(mark.type) ?? []).map(({ id }) => id)]
    if (mark.run === run && !ids.some(id => held.has(id))) await endMark(lake, mark)
  }
}

/**
 * What was held for this epoch is held no more. A metric whose type went on meanwhile stays in the list until
 * it has caught up: until then it has epochs to be compared in.
 */
async function release(
  { pipeline, holds, batch }: CommitPorts,
  id: string,
  mode: WorkMode,
  epoch: number,
): Promise<void> {
  const entry = (await holds.list()).find(each => each.id === id && each.mode === mode)
  if (entry === undefined || (mode === 'append' ? entry.epoch > epoch : entry.epoch !== epoch)) return
  const type = pipeline.metrics.find(metric => metric.id === id)?.type
  const through = type === undefined ? undefined : (await batch.boundary(tallyId(type)))?.epoch
  if (mode === 'append' && through !== undefined && through > epoch) await holds.put({ ...entry, run: '' })
  else await holds.release(id, mode)
}

/**
 * Moves every other boundary over an epoch that holds nothing new for it: what is after a boundary is what is
 * still to be published. Types in `except` stay where they are, and so does what is held.
 */
export async function advanceIdle(
  ports: AdvancePorts & Pick<CommitPorts, 'holds'>,
  epoch: number,
  run: string,
  except: ReadonlySet<string> = new Set(),
): Promise<void> {
  const { pipeline } = ports
  const appends = (await ports.holds.list()).filter(({ mode }) => mode === 'append')
  const held = new Set(appends.map(({ id }) => id))
  const types = [...pipeline.latest.keys()].filter(type => !except.has(type) && !held.has(tallyId(type)))
  const metrics = pipeline.metrics.filter(({ id, type }) => !except.has(type) && !isHeld(pipeline, held, id))
  for (const id of [...metrics.map(m => m.id), ...types.map(tallyId)])
    await advance(ports, id, { epoch, run, generation: undefined })
}

/**
 * Types that were not in the epoch's work although the raw lake has epochs of them, through this one, that
 * are not published: raw data that came since, or that was left out. Their boundaries stay, or it would never
 * be published.
 */
async function withRaw(
  { pipeline, lake, batch, epochLength }: CommitPorts,
  epoch: number,
  types: readonly TypeWork[],
): Promise<ReadonlySet<string>> {
  const done = new Set(types.map(({ type }) => type))
  const idle = [...pipeline.latest.keys()].filter(type => !done.has(type))
  const open = idle.map(async type => {
    const through = (await batch.boundary(tallyId(type)))?.epoch
    const [first] = await epochsIn(lake, rawOfType(type), {
      ...{ after: through, limit: 1 },
      through: { epoch, epochLength },
    })
    return first !== undefined && first <= epoch
  })
  const isOpen = await Promise.all(open)
  return new Set(idle.filter((_, i) => isOpen[i]))
}

type AdvancePorts = Pick<CommitPorts, 'pipeline' | 'lake' | 'batch' | 'now' | 'keepsHistory'>

/** Moves one boundary, never back. `generation` undefined keeps the committed one. */
async function advance(
  { pipeline, lake, batch, now, keepsHistory }: AdvancePorts,
  id: string,
  to: { readonly epoch: number; readonly run: string; readonly generation: number | undefined },
): Promise<void> {
  const before = await batch.boundary(id)
  const boundary: Boundary = {
    epoch: Math.max(to.epoch, before?.epoch ?? to.epoch),
    generation: Math.max(to.generation ?? 0, before?.generation ?? 0),
    run: to.run,
    movedAt: now(),
  }
  if (before?.epoch === boundary.epoch && before.generation === boundary.generation) return
  const isMetric = pipeline.metrics.some(metric => metric.id === id)
  if (keepsHistory && before !== undefined && isMetric) await noteMove(lake, id, before)
  await batch.moveBoundary(id, boundary)
}
