import type { Static } from 'typebox'
import type { Health } from '../core/api/schemas.ts'
import { json } from './middleware/http.ts'
import type { Work } from './middleware/http-function.ts'

/** State of the whole and of each part, with whatever detail a part gives (numbers, never secrets). */
export type HealthReport = Static<typeof Health>

/** GET /v1/health: 200 when requests are served (also when degraded), 503 while starting. */
export function createHandler(deps: { readonly health: () => Promise<HealthReport> }): Work {
  return async () => {
    const report = await deps.health()
    return json(report.status === 'starting' ? 503 : 200, report)
  }
}
