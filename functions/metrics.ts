import { TributaryError } from '../core/errors.ts'
import type { Metric } from '../core/metric-plan.ts'
import type { Pipeline } from '../core/pipeline.ts'
import type { QueryMetric } from '../steps/query-metric.ts'
import { readMetricQuery } from './metric-query.ts'
import { type HttpDeps, type HttpEvent, type HttpHandler, json } from './middleware/http.ts'
import { httpFunction } from './middleware/http-function.ts'
import { queryOf, refuseUnknownParameters } from './query-string.ts'

export type MetricsDeps = HttpDeps & {
  readonly pipeline: Pick<Pipeline, 'metrics'>
  readonly queryMetric: QueryMetric
}

/** GET /v1/metrics and GET /v1/metrics/{name}. */
export function createHandler(deps: MetricsDeps): HttpHandler {
  return httpFunction(deps, 'read', event => {
    const name = event.pathParameters?.['name']
    return name === undefined ? list(deps.pipeline, event) : query(deps, event, name)
  })
}

function list(pipeline: Pick<Pipeline, 'metrics'>, event: HttpEvent) {
  refuseUnknownParameters(queryOf(event), [])
  return json(200, { metrics: pipeline.metrics.map(describe) })
}

async function query({ pipeline, queryMetric }: MetricsDeps, event: HttpEvent, name: string) {
  const metric = pipeline.metrics.find(one => one.name === name)
  if (metric === undefined)
    throw new TributaryError(
      'not_found',
      `there is no metric "${name.slice(0, 100)}"; GET /v1/metrics lists them`,
    )
  return json(200, await queryMetric(readMetricQuery(metric, queryOf(event))))
}

function describe({ name, title, description, type, window, by, measures }: Metric) {
  return {
    name,
    title,
    description,
    type,
    window,
    by: by.map(field => ({ name: field.name, kind: field.kind, nullable: field.nullable })),
    measures: measures.map(({ name, measure }) => ({ name, ...measure })),
  }
}
