import type { Pipeline } from '../../../core/declare/pipeline.ts'
import { type TributaryError, toTributaryError } from '../../../core/errors.ts'
import { keptOfMetric, keptOfType } from '../../../core/lake/retention-paths.ts'
import { forgetOld, forgetUndeclared } from '../../history/forget-history.ts'
import type { SettlePorts } from '../settle.ts'
import type { TaskResult } from '../task.ts'
import { type Budget, createBudget } from './budget.ts'
import { type Condensed, condenseMetric } from './condense-metric.ts'
import { type Kept, keptMarks, keptSince } from './kept.ts'
import { endTooLate, type MoveOnPorts, moveOn } from './move-on.ts'
import { type Removed, removeOld } from './remove-old.ts'

export type SweepPorts = SettlePorts &
  MoveOnPorts & {
    /** Whether what batch views were is kept. */
    readonly keepsHistory: boolean
  }

/** `timeLeft`: ms until the function is ended; default: it is not. */
export type SweepTask = { readonly timeLeft?: () => number }

/** `failed`: some partials could not be condensed, and stay as they are; all else was done. */
export type SweepResult = TaskResult<{
  readonly status: 'done' | 'failed'
  readonly code: string
  readonly reason: string
}>

export type Sweep = (task: SweepTask) => Promise<SweepResult>

/** So long one sweep goes on, ms; with short epochs, one of them. */
const LONGEST_MS = 60_000
/** Time kept for what is under way, ms. */
const RESERVE_MS = 60_000

/**
 * Builds the sweep: what contracts keep no longer goes out of use, and a day later goes. Partials of epochs
 * that are never computed again are combined to one object a day, from which batch views can be made as from
 * all of them: no number depends on it. What there is more to do than time is the next run's.
 *
 * @throws (the step) TributaryError of the lake, where it may pass
 */
export function createSweep(ports: SweepPorts): Sweep {
  const { lake, now, epochLength, pipeline } = ports
  return async ({ timeLeft = () => Number.POSITIVE_INFINITY }) => {
    const isOver = () => timeLeft() < RESERVE_MS
    const budget = createBudget(now() + Math.min(LONGEST_MS, epochLength), now, isOver)
    const before = await keptMarks(lake)
    const cameTooLate = await endTooLate(ports, before)
    const contracts = [...pipeline.latest.values()]
    const declared = contracts.filter(({ retention }) => Object.keys(retention).length > 0)
    const waitsFor = await moveOn(ports, before, declared)
    const kept = declared.length === 0 ? before : await keptMarks(lake)
    const done: Done = { condensed: {}, removed: {}, failures: [] }
    const work = [...condensing(ports, kept, budget), ...removing(ports, kept, budget), ...forgetting(ports)]
    for (const each of inTurn(work, Math.floor(now() / epochLength))) {
      if (budget.isSpent()) break
      await each(done)
    }
    return resultOf(
      { cameTooLate, waitsFor, condensed: done.condensed, removed: done.removed },
      done.failures,
    )
  }
}

/** What a sweep comes to, in names that people know. */
type Done = {
  readonly condensed: Record<string, Condensed>
  readonly removed: Record<string, Record<string, Removed>>
  readonly failures: TributaryError[]
}

function resultOf(all: Readonly<Record<string, object>>, [first]: readonly TributaryError[]): SweepResult {
  const some = Object.entries(all).filter(([, value]) => Object.keys(value).length > 0)
  const report = some.length === 0 ? {} : { retention: Object.fromEntries(some) }
  if (first === undefined) return { status: 'done', code: '', reason: '', report }
  return { status: 'failed', code: first.code, reason: first.message, report }
}

type Work = (done: Done) => Promise<void>

/** Condenses the partials of metrics whose types no longer keep them by epoch. */
function condensing(ports: SweepPorts, kept: Kept, budget: Budget): readonly Work[] {
  return ports.pipeline.metrics.flatMap(metric => {
    const from = keptSince(kept, keptOfMetric(metric.id), 'condensed')
    const end = keptSince(kept, keptOfType(metric.type), 'partials')
    if (from >= end) return []
    return [
      async done => {
        try {
          const condensed = await condenseMetric(ports, metric, { from, end }, budget)
          if (condensed !== undefined) done.condensed[metric.name] = condensed
        } catch (error) {
          const failure = toTributaryError(error)
          // What may pass is tried again at once.
          if (failure.retryable) throw failure
          done.failures.push(failure)
        }
      },
    ]
  })
}

/** Removes what has been out of use for a day. */
function removing({ lake, now, pipeline }: SweepPorts, kept: Kept, budget: Budget): readonly Work[] {
  const marked = kept.filter(({ kind }) => kind !== 'partials')
  const places = new Map(marked.map(({ owner, kind }) => [`${owner}/${kind}`, { owner, kind }] as const))
  return [...places.values()].map(place => async ({ removed }) => {
    const gone = await removeOld(lake, kept, place, now(), budget)
    if (gone === undefined) return
    const name = nameOfOwner(pipeline, place.owner)
    removed[name] = { ...removed[name], [place.kind === 'condensed' ? 'partials' : place.kind]: gone }
  })
}

/** Forgets what batch views were longer ago than is kept. */
function forgetting({ lake, now, pipeline, keepsHistory }: SweepPorts): readonly Work[] {
  if (!keepsHistory) return []
  const ofMetrics = pipeline.metrics.map(
    ({ id }) =>
      () =>
        forgetOld(lake, id, now()),
  )
  return [() => forgetUndeclared(lake, pipeline), ...ofMetrics]
}

/** An event type, or the name of a metric; the id of one that is declared no more, or otherwise by now. */
function nameOfOwner({ metrics }: Pipeline, owner: string): string {
  const declared = metrics.find(({ id }) => keptOfMetric(id) === owner)
  return declared?.name ?? owner.slice(owner.indexOf('=') + 1)
}

/** Another one first each time, so that none waits for ever for those before it. */
function inTurn<T>(items: readonly T[], turn: number): readonly T[] {
  const first = items.length === 0 ? 0 : turn % items.length
  return [...items.slice(first), ...items.slice(0, first)]
}
