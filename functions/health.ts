import { type HttpDeps, type HttpHandler, json } from './middleware/http.ts'
import { httpFunction } from './middleware/http-function.ts'

export type HealthStatus = 'ok' | 'degraded' | 'starting'

/** State of the whole and of each part, with whatever detail a part gives (numbers, never secrets). */
export type HealthReport = {
  readonly status: HealthStatus
  readonly parts: Readonly<
    Record<string, { readonly status: HealthStatus; readonly [detail: string]: unknown }>
  >
}

/** GET /v1/health: 200 when requests are served (also when degraded), 503 while starting. Needs no key. */
export function createHandler(
  deps: HttpDeps & { readonly health: () => Promise<HealthReport> },
): HttpHandler {
  return httpFunction(deps, undefined, async () => {
    const report = await deps.health()
    return json(report.status === 'starting' ? 503 : 200, report)
  })
}
