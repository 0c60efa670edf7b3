import { exportsFolder, partialsFolder, staged } from '../../core/lake-paths.ts'
import type { Pipeline } from '../../core/pipeline.ts'
import type { Boundary } from '../../core/ports/views.ts'
import { tallyId } from '../../core/tally.ts'
import { pathInstant } from '../../core/time.ts'
import { openGeneration, type SettlePorts, settle } from './settle.ts'
import type { EpochWork, TaskResult } from './task.ts'

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
 * Builds the commit step: moves the boundary of every metric over the epoch, which shows its batch views. A metric's views
 * and its boundary move as one; metrics move one after the other, and the type last, so that a run cut short here does the
 * epoch again for what is left.
 */
export function createCommit(ports: CommitPorts): Commit {
  const { lake } = ports
  return async ({ epoch, mode, metrics, run }) => {
    for (const { metric } of metrics) {
      const generation = await openGeneration(lake, metric)
      await advance(ports, metric, { epoch, run, generation })
      await settle(ports, metric)
      await lake.remove(staged(partialsFolder(metric, epoch)))
    }
    // A metric without a boundary still has to be computed from its first epoch on; a backfill says nothing about that.
    if (mode === 'append') await advanceIdle(ports, epoch, run)
    await lake.remove(exportsFolder(epoch))
    return { epoch, report: { epochs: { [pathInstant(epoch)]: { published: metrics.length } } } }
  }
}

/**
 * Moves every other boundary over an epoch that holds nothing new for it: what is after a boundary is what is still to be
 * published.
 */
export async function advanceIdle(
  ports: Pick<CommitPorts, 'pipeline' | 'batch' | 'now'>,
  epoch: number,
  run: string,
): Promise<void> {
  const ids = [...ports.pipeline.metrics.map(m => m.id), ...[...ports.pipeline.latest.keys()].map(tallyId)]
  for (const id of ids) await advance(ports, id, { epoch, run, generation: undefined })
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
