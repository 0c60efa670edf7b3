import { tallyId } from '../../core/cells/tally.ts'
import { pathInstant } from '../../core/data/time.ts'
import type { Pipeline } from '../../core/declare/pipeline.ts'
import { againMark, partialsFolder, rawOfType, staged } from '../../core/lake/lake-paths.ts'
import type { Boundary } from '../../core/ports/views.ts'
import { epochsIn } from './lookup.ts'
import { openGeneration, type SettlePorts, settle } from './settle.ts'
import type { EpochWork, TaskResult, TypeWork } from './task.ts'

export type CommitPorts = SettlePorts & {
  readonly pipeline: Pipeline
  /** ms since 1970. */
  readonly now: () => number
}

export type CommitTask = EpochWork & {
  /** Run id. */
  readonly run: string
}

export type CommitResult = TaskResult<{ readonly epoch: number }>

export type Commit = (task: CommitTask) => Promise<CommitResult>

/**
 * Builds the commit step: moves the boundary of every metric over the epoch, which shows its batch views. A
 * metric's views and its boundary move as one; metrics move one after the other, and the type last, so that a
 * run cut short here does the epoch again for what is left.
 */
export function createCommit(ports: CommitPorts): Commit {
  const { lake } = ports
  return async ({ epoch, mode, types, metrics, run }) => {
    for (const { metric } of metrics) {
      const generation = await openGeneration(lake, metric)
      await advance(ports, metric, { epoch, run, generation })
      await settle(ports, metric)
      await lake.remove(staged(partialsFolder(metric, epoch)))
    }
    // What follows a boundary the warehouse finds by itself; what lies before it, it has to be told.
    if (mode === 'recompute') for (const { type } of types) await lake.put(againMark(type, epoch, run), [])
    // A metric without a boundary still has to be computed from its first epoch on; a backfill says nothing
    // about that.
    if (mode === 'append') await advanceIdle(ports, epoch, run, await withRaw(ports, epoch, types))
    return { epoch, report: { epochs: { [pathInstant(epoch)]: { published: metrics.length } } } }
  }
}

/**
 * Moves every other boundary over an epoch that holds nothing new for it: what is after a boundary is what is
 * still to be published. Types in `except` stay where they are.
 */
export async function advanceIdle(
  ports: Pick<CommitPorts, 'pipeline' | 'batch' | 'now'>,
  epoch: number,
  run: string,
  except: ReadonlySet<string> = new Set(),
): Promise<void> {
  const { pipeline } = ports
  const types = [...pipeline.latest.keys()].filter(type => !except.has(type))
  const metrics = pipeline.metrics.filter(({ type }) => !except.has(type))
  for (const id of [...metrics.map(m => m.id), ...types.map(tallyId)])
    await advance(ports, id, { epoch, run, generation: undefined })
}

/**
 * Types that were not in the epoch's work although the raw lake has epochs of them, through this one, that
 * are not published: raw data that came since, or that was left out. Their boundaries stay, or it would never
 * be published.
 */
async function withRaw(
  { pipeline, lake, batch }: CommitPorts,
  epoch: number,
  types: readonly TypeWork[],
): Promise<ReadonlySet<string>> {
  const done = new Set(types.map(({ type }) => type))
  const idle = [...pipeline.latest.keys()].filter(type => !done.has(type))
  const open = idle.map(async type => {
    const through = (await batch.boundary(tallyId(type)))?.epoch
    const raw = await epochsIn(lake, rawOfType(type))
    return raw.some(each => each <= epoch && (through === undefined || each > through))
  })
  const isOpen = await Promise.all(open)
  return new Set(idle.filter((_, i) => isOpen[i]))
}

/** Moves one boundary, never back. `generation` undefined keeps the committed one. */
async function advance(
  { batch, now }: Pick<CommitPorts, 'batch' | 'now'>,
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
  await batch.moveBoundary(id, boundary)
}
