import { moveMark, movesOfMetric, parseMoveMark } from '../../core/lake/history-paths.ts'
import type { LakeFolder } from '../../core/ports/lake-folder.ts'
import type { Boundary } from '../../core/ports/views.ts'

/**
 * Notes a boundary that is about to be followed by another one. Durable when it resolves; doing it again
 * changes nothing. The boundary of now needs no note: the batch views have it, and it can only go by way of
 * here, so that a crash anywhere leaves none out.
 */
export function noteMove(lake: Pick<LakeFolder, 'put'>, metric: string, boundary: Boundary): Promise<void> {
  return lake.put(moveMark(metric, boundary), [])
}

/** The boundaries that are noted of a metric, oldest first. */
export async function movesOf(lake: Pick<LakeFolder, 'list'>, metric: string): Promise<readonly Boundary[]> {
  const marks = (await lake.list(movesOfMetric(metric))).map(({ path }) => parseMoveMark(path))
  return marks.filter(mark => mark !== undefined).sort(inOrder)
}

/** Boundaries never move back; clocks do. */
export function inOrder(a: Boundary, b: Boundary): number {
  return a.generation - b.generation || a.epoch - b.epoch || a.movedAt - b.movedAt
}
