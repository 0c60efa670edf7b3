import { json } from './middleware/http.ts'
import type { Work } from './middleware/http-function.ts'

export type HealthStatus = 'ok' | 'degraded' | 'starting'

/** State of the whole and of each part, with whatever detail a part gives (numbers, never secrets). */
export type HealthReport = {
  readonly status: HealthStatus
  readonly parts: Readonly<
    Record<string, { readonly status: HealthStatus; readonly [detail: string]: unknown }>
  >
}

/** GET /v1/health: 200 when requests are served (also when degraded), 503 while starting. */
export function createHandler(deps: { readonly health: () => Promise<HealthReport> }): Work {
  return async () => {
    const report = await deps.health()
    return json(report.status === 'starting' ? 503 : 200, report)
  }
}
