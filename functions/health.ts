import type { Static } from 'typebox'
import type { Health } from '../core/api/schemas.ts'
import { type HttpEvent, json } from './middleware/http.ts'
import type { Work } from './middleware/http-function.ts'

/** State of the whole and of each part, with whatever detail a part gives (numbers, never secrets). */
export type HealthReport = Required<Static<typeof Health>>

export type HealthDeps = {
  readonly health: () => Promise<HealthReport>
  /** Whether whoever asks has a key that may read. */
  readonly mayRead: (event: HttpEvent) => Promise<boolean>
}

/**
 * GET /v1/health: 200 when requests are served (also when degraded), 503 while starting. Anybody is told
 * whether it works; who may read, how each part is, as what is wrong with it may name what is in the data.
 */
export function createHandler({ health, mayRead }: HealthDeps): Work {
  return async event => {
    const { status, parts } = await health()
    const shown = (await mayRead(event)) ? { status, parts } : { status }
    return json(status === 'starting' ? 503 : 200, shown)
  }
}
