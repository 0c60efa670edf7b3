import type { HttpDeps, HttpHandler } from './middleware/http.ts'
import { httpFunction } from './middleware/http-function.ts'

/** The registry of metrics about the platform itself; prom-client's `Registry` is one. */
export type PrometheusRegistry = { readonly contentType: string; metrics(): Promise<string> }

/** GET /metrics, in Prometheus' text format. */
export function createHandler(deps: HttpDeps & { readonly registry: PrometheusRegistry }): HttpHandler {
  return httpFunction(deps, 'read', async () => ({
    statusCode: 200,
    headers: { 'content-type': deps.registry.contentType },
    body: await deps.registry.metrics(),
  }))
}
