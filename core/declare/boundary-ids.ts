import { tallyId } from '../cells/tally.ts'
import type { Pipeline } from './pipeline.ts'

/** Ids of everything that has views, and a boundary: the metrics, and the tally of every event type. */
export function boundaryIds({ metrics, latest }: Pipeline): readonly string[] {
  return [...metrics.map(metric => metric.id), ...[...latest.keys()].map(tallyId)]
}

/** Ids of everything that may be held: what has a boundary, and models. */
export function holdableIds(pipeline: Pipeline): readonly string[] {
  return [...boundaryIds(pipeline), ...pipeline.models.map(({ id }) => id)]
}
