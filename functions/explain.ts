import type { Access } from '../core/access/access.ts'
import type { Metric } from '../core/declare/metric-plan.ts'
import type { Pipeline } from '../core/declare/pipeline.ts'
import type { Rejected } from '../core/ports/rejected.ts'
import type { ExplainMetric, Explanation } from '../steps/explain/explain.ts'
import { rejectedNear } from '../steps/explain/rejected-near.ts'
import { json } from './middleware/http.ts'
import type { Work } from './middleware/http-function.ts'
import { queryOf } from './middleware/query-string.ts'
import { metricNamed, withoutKeys } from './query/asked-metric.ts'
import { readExplainQuery } from './query/explain-query.ts'
import { shownExplanation } from './query/explanation.ts'

export type ExplainDeps = {
  readonly pipeline: Pick<Pipeline, 'metrics' | 'latest'>
  readonly explainMetric: ExplainMetric
  readonly rejected: Pick<Rejected, 'list'>
  /** ms. */
  readonly epochLength: number
}

/** GET /v1/metrics/{name}/explain. */
export function createHandler(deps: ExplainDeps): Work {
  return async (event, access) => {
    const name = event.pathParameters?.['name'] ?? ''
    const metric = metricNamed(deps.pipeline, name)
    const found = await deps.explainMetric(readExplainQuery(metric, queryOf(event), access))
    const contract = deps.pipeline.latest.get(metric.type)!
    const rejected = await nearOf(deps, metric, found, access)
    const provenance = withoutKeys(access, found.provenance)
    return json(200, shownExplanation({ ...found, provenance }, { access, contract, rejected }))
  }
}

/** Rejected events are of nobody's rows: whoever is limited to some is told of none. */
async function nearOf(
  { rejected, epochLength }: ExplainDeps,
  { type }: Metric,
  { parts, cell }: Explanation,
  access: Access,
) {
  if (access.isAdmin !== true && access.where !== undefined) return undefined
  const epochs = [...new Set(parts.flatMap(part => [part.epoch, ...part.epochs]))]
  return rejectedNear(rejected, { type, epochs, epochLength, values: Object.values(cell.group) })
}
