import { formatInstant } from '../../core/data/time.ts'
import { TributaryError } from '../../core/errors.ts'
import type { Runs } from '../../core/ports/runs.ts'
import type { Boundary } from '../../core/ports/views.ts'

/** A moment of the past: an instant (ms), or the end of a run, by its id. */
export type AsOf = { readonly instant: number } | { readonly run: string }

/** The boundary that a metric had at a moment. */
export type PastBoundary = {
  readonly boundary: Boundary
  /** ms. */
  readonly at: number
}

/**
 * Finds the boundary that a metric had at a moment. A run stands for what it left; where it did not move this
 * metric, for what there was when it ended.
 *
 * @param boundaries all that are known, oldest first, the one of now last; those before `since` (a
 * generation) cannot be had any more
 * @throws TributaryError `bad_request` with the earliest moment that can be had, or another remedy
 */
export async function findBoundary(
  asOf: AsOf,
  boundaries: readonly Boundary[],
  { since, runs, now }: { readonly since: number; readonly runs: Pick<Runs, 'get'>; readonly now: number },
): Promise<PastBoundary> {
  const found = 'run' in asOf ? await ofRun(asOf.run, boundaries, runs) : atInstant(asOf.instant)
  if (found.boundary !== undefined && found.boundary.generation >= since)
    return { boundary: found.boundary, at: found.at }
  throw notKept(boundaries.find(({ generation }) => generation >= since))

  function atInstant(instant: number): Found {
    if (instant > now)
      throw new TributaryError('bad_request', 'asOf is in the future; give an instant up to now')
    return { boundary: boundaries.findLast(({ movedAt }) => movedAt <= instant), at: instant }
  }
}

type Found = { readonly boundary: Boundary | undefined; readonly at: number }

async function ofRun(id: string, boundaries: readonly Boundary[], runs: Pick<Runs, 'get'>): Promise<Found> {
  const own = boundaries.findLast(({ run }) => run === id)
  const run = await runs.get(id)
  if (run?.status === 'running')
    throw new TributaryError('bad_request', `run ${id} is still going on; ask again once it has ended`)
  if (own !== undefined) return { boundary: own, at: Math.max(own.movedAt, run?.endedAt ?? 0) }
  if (run?.endedAt === undefined)
    throw new TributaryError('bad_request', `there is no run ${id.slice(0, 100)}; GET /v1/runs lists them`)
  const { endedAt } = run
  return { boundary: boundaries.findLast(({ movedAt }) => movedAt <= endedAt), at: endedAt }
}

/** The oldest there is stands for every moment from its own on. */
function notKept(earliest: Boundary | undefined): TributaryError {
  if (earliest === undefined)
    return new TributaryError('bad_request', 'no batch has published the metric yet; leave asOf out')
  const at = formatInstant(earliest.movedAt)
  return new TributaryError(
    'bad_request',
    `what the metric was then is not known, or kept no more; the earliest asOf is ${at} (run ${earliest.run})`,
  )
}
