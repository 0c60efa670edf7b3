import { formatInstant } from '../../core/data/time.ts'
import type { Pipeline } from '../../core/declare/pipeline.ts'
import type { Holds } from '../../core/ports/holds.ts'
import type { Run } from '../../core/ports/runs.ts'
import type { BatchViews } from '../../core/ports/views.ts'
import { shownHolds } from '../../steps/batch/held.ts'
import { lastFailure } from '../../steps/batch/last-failure.ts'
import type { BatchStatus } from '../health.ts'

export type BatchStatusPorts = {
  readonly pipeline: Pipeline
  readonly epochLength: number
  readonly batch: Pick<BatchViews, 'boundary'>
  readonly holds: Pick<Holds, 'list'>
  /** Longest time between two batches that are scheduled, ms; undefined: none is. */
  readonly batchesEvery: number | undefined
  readonly now: () => number
}

/** What a batch run may take beyond its schedule before somebody should look, ms. */
const PATIENCE_MS = 120_000

type Boundaries = ReadonlyMap<string, number | undefined>

/** How the batch layer is, by its boundaries and its newest runs. */
export async function batchStatus(
  { pipeline, holds, batch, now, ...schedule }: BatchStatusPorts,
  recent: readonly Run[],
): Promise<Omit<BatchStatus, 'inbox' | 'warehouse' | 'tables' | 'leftOut'>> {
  const boundaries: Boundaries = new Map(
    await Promise.all(
      pipeline.metrics.map(async ({ name, id }) => [name, (await batch.boundary(id))?.epoch] as const),
    ),
  )
  const shown = [...boundaries].map(([name, epoch]) => [
    name,
    epoch === undefined ? null : formatInstant(epoch),
  ])
  return {
    boundaries: Object.fromEntries(shown),
    standing: standing(boundaries, schedule, now()),
    running: recent.filter(run => run.status === 'running').length,
    lastFailure: lastFailure(pipeline, recent),
    held: await shownHolds(pipeline, holds),
  }
}

/**
 * Metrics whose boundary should have moved by now: an epoch that has ended is published by the next batch,
 * and one more may be under way. A metric without a boundary has had no batch yet.
 */
function standing(
  boundaries: Boundaries,
  { epochLength, batchesEvery }: Pick<BatchStatusPorts, 'epochLength' | 'batchesEvery'>,
  now: number,
): readonly string[] {
  if (batchesEvery === undefined) return []
  const oldest = now - 2 * epochLength - 2 * batchesEvery - PATIENCE_MS
  return [...boundaries].filter(([, epoch]) => epoch !== undefined && epoch < oldest).map(([name]) => name)
}
