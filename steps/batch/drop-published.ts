import { toTributaryError } from '../../core/errors.ts'
import type { Boundary, RealTimeViews } from '../../core/ports/views.ts'

/** Boundaries of metrics and types (as their tallies), by id. */
export type Boundaries = ReadonlyMap<string, Boundary | undefined>

export type DropPorts = {
  readonly speed: Pick<RealTimeViews, 'drop'>
  /** ms. */
  readonly epochLength: number
  /** ms since 1970. */
  readonly now: () => number
}

/**
 * Queries that read under the boundary before the last move have ended after this time, ms; with short
 * epochs, half of one.
 */
const GRACE_MS = 60_000

/** Time for tidying up, ms; what is left by then is the next run's. */
const DROP_MS = 30_000

/**
 * Real-time partials that no query needs any more. Not at once: a query that began under the old boundary
 * reads them. Nobody waits for their removal, so where a store is slow the run goes on without; answers of
 * which it did not end.
 */
export async function dropPublished(
  { speed, now, epochLength }: DropPorts,
  boundaries: Boundaries,
): Promise<readonly string[]> {
  const settled = now() - Math.min(GRACE_MS, epochLength / 2)
  const until = now() + DROP_MS
  const left: string[] = []
  for (const [id, boundary] of inTurn([...boundaries], Math.floor(now() / epochLength))) {
    if (boundary === undefined || boundary.movedAt > settled) continue
    try {
      if (now() < until) await speed.drop(id, boundary.epoch)
      else left.push(id)
    } catch (error) {
      if (!toTributaryError(error).retryable) throw error
      left.push(id)
    }
  }
  return left
}

/**
 * Another one first each time, so that one which takes all of the time does not always keep the others from
 * theirs.
 */
function inTurn<T>(items: readonly T[], turn: number): readonly T[] {
  const first = items.length === 0 ? 0 : turn % items.length
  return [...items.slice(first), ...items.slice(0, first)]
}
