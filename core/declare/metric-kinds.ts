import type { CellKind } from '../cells/cells.ts'
import { TALLY_KINDS, tallyId } from '../cells/tally.ts'
import { WINDOWS } from '../data/time.ts'
import { TributaryError } from '../errors.ts'
import type { Pipeline } from './pipeline.ts'

/** What a store of views must know of a metric: how its cells combine and how long its windows are. */
export type MetricShape = { readonly kinds: readonly CellKind[]; readonly windowLength: number }

/** Shapes of everything the pipeline keeps partials of, tallies included, by id. */
export type MetricShapes = (metric: string) => MetricShape

/** @throws (the result) TributaryError `not_found` for an id the pipeline does not declare */
export function metricShapes(pipeline: Pipeline): MetricShapes {
  const shapes = new Map<string, MetricShape>([
    ...pipeline.metrics.map(m => [m.id, { kinds: m.kinds, windowLength: WINDOWS[m.window] }] as const),
    ...[...pipeline.latest.keys()].map(
      type => [tallyId(type), { kinds: TALLY_KINDS, windowLength: 1 }] as const,
    ),
  ])
  return metric => {
    const shape = shapes.get(metric)
    if (shape === undefined) throw new TributaryError('not_found', `no metric has the id ${metric}`)
    return shape
  }
}

/** Starts of the windows in [from, to), when there are at most `limit` of them. */
export function windowsBetween(
  from: number | undefined,
  to: number | undefined,
  length: number,
  limit: number,
): readonly number[] | undefined {
  if (from === undefined || to === undefined) return undefined
  const first = Math.ceil(from / length)
  const count = Math.max(0, Math.ceil(to / length) - first)
  return count > limit ? undefined : Array.from({ length: count }, (_, i) => (first + i) * length)
}
