import type { Access } from '../core/access/access.ts'
import { isReadable } from '../core/access/limited-rows.ts'
import { answerCsv, prefersCsv } from '../core/api/answer-csv.ts'
import type { Metric } from '../core/declare/metric-plan.ts'
import type { MetricAnswer, MetricQuery } from '../steps/query-metric.ts'
import { delivered } from './middleware/deliverable.ts'
import { type HttpEvent, type HttpResponse, json } from './middleware/http.ts'
import type { Work } from './middleware/http-function.ts'
import { queryOf } from './middleware/query-string.ts'
import { type AskedMetricDeps, askedMetric } from './query/asked-metric.ts'

export type MetricsDeps = AskedMetricDeps & {
  /** Longest answer that can be given, bytes; Lambda's where it is not given. */
  readonly longestAnswer?: number
}

/** GET /v1/metrics and GET /v1/metrics/{name}. */
export function createHandler(deps: MetricsDeps): Work {
  return (event, access) => {
    const name = event.pathParameters?.['name']
    if (name !== undefined) return query(deps, event, name, access)
    const readable = deps.pipeline.metrics.filter(metric => isReadable(metric, access))
    return json(200, { metrics: readable.map(describe) })
  }
}

async function query(deps: MetricsDeps, event: HttpEvent, name: string, access: Access) {
  const { metric, asked, ask } = askedMetric(deps, name, queryOf(event), access)
  const found = await ask()
  const answer = prefersCsv(event.headers['accept']) ? csv(metric, asked, found) : json(200, found)
  return delivered(answer, LESS, deps.longestAnswer)
}

const LESS = 'less: from and to, fewer fields in by, a coarser window, where.<field>'

/** What stands beside the rows goes into a header. */
function csv(metric: Metric, { by }: MetricQuery, { rows, provenance, total }: MetricAnswer): HttpResponse {
  const fields = by ?? metric.by.map(({ name }) => name)
  const beside = JSON.stringify({ ...provenance, ...(total !== undefined && { total }) })
  return {
    statusCode: 200,
    headers: {
      'content-type': 'text/csv; charset=utf-8; header=present',
      'tributary-provenance': beside.replaceAll(/[^ -~]/g, '?'),
    },
    body: answerCsv(metric, fields, rows),
  }
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
