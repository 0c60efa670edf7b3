import { isAmong, readableTypes } from '../core/access/access.ts'
import type { Pipeline } from '../core/declare/pipeline.ts'
import { json } from './middleware/http.ts'
import type { Work } from './middleware/http-function.ts'

export type DashboardsDeps = { readonly pipeline: Pick<Pipeline, 'dashboards' | 'metrics'> }

/** GET /v1/dashboards: without charts of metrics that the caller may not read. */
export function createHandler({ pipeline }: DashboardsDeps): Work {
  const types = new Map(pipeline.metrics.map(({ name, type }) => [name, type]))
  return (_event, access) => {
    const readable = readableTypes(access)
    const dashboards = pipeline.dashboards.map(dashboard => ({
      ...dashboard,
      charts: dashboard.charts.filter(({ metric }) => isAmong(types.get(metric)!, readable)),
    }))
    return json(200, { dashboards })
  }
}
