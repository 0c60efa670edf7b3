import type { Work } from './middleware/http-function.ts'

/** The registry of metrics about the platform itself; prom-client's `Registry` is one. */
export type PrometheusRegistry = { readonly contentType: string; metrics(): Promise<string> }

/** GET /metrics, in Prometheus' text format. */
export function createHandler(deps: { readonly registry: PrometheusRegistry }): Work {
  return async () => ({
    statusCode: 200,
    headers: { 'content-type': deps.registry.contentType },
    body: await deps.registry.metrics(),
  })
}
