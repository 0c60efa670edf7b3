import type { Pipeline } from '../../core/declare/pipeline.ts'
import {
  HISTORY,
  historyFolder,
  historyOfMetric,
  MOVES,
  metricOfFolder,
  moveMark,
  movesOfMetric,
} from '../../core/lake/history-paths.ts'
import type { LakeFolder } from '../../core/ports/lake-folder.ts'
import type { Boundary } from '../../core/ports/views.ts'
import { movesOf } from './moves.ts'

/** So long ago an answer can be had as it was, ms. */
export const KEPT_MS = 30 * 86_400_000
/** Boundaries that are remembered of a metric: with short epochs, fewer days. */
export const MOST_MOVES = 1000

/**
 * Forgets what batch views of a metric were longer ago than is kept. Cut off anywhere it is done again by the
 * next run: what a folder of it is missing for is known from the folders alone.
 */
export async function forgetOld(lake: LakeFolder, metric: string, now: number): Promise<void> {
  const moves = await movesOf(lake, metric)
  const [dropped, oldest] = droppedOf(moves, now)
  if (oldest === undefined) return
  // The oldest answer that is kept takes back what came after its own generation.
  for (let generation = dropped[0]!.generation; generation <= oldest.generation; generation++)
    await lake.remove(historyFolder(metric, generation))
  for (const move of dropped) await lake.remove(moveMark(metric, move))
}

/** Boundaries that are out of date, and the oldest one that is not; none where nothing is. */
function droppedOf(moves: readonly Boundary[], now: number): readonly [readonly Boundary[], Boundary?] {
  // What was known for a time was known until the next one.
  const isOld = (i: number) => (moves[i + 1]?.movedAt ?? now) < now - KEPT_MS
  let first = Math.max(0, moves.length - MOST_MOVES)
  while (first < moves.length && isOld(first)) first++
  return first === 0 || first === moves.length ? [[]] : [moves.slice(0, first), moves[first]!]
}

/** Forgets all of metrics that are declared no more, or otherwise by now. */
export async function forgetUndeclared(lake: LakeFolder, { metrics }: Pipeline): Promise<void> {
  const declared = new Set(metrics.map(({ id }) => id))
  const names = new Set([...(await lake.folders(MOVES)), ...(await lake.folders(HISTORY))])
  for (const name of names) {
    const metric = metricOfFolder(name)
    if (metric === undefined || declared.has(metric)) continue
    await lake.remove(historyOfMetric(metric))
    await lake.remove(movesOfMetric(metric))
  }
}
