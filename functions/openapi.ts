import { describeApi } from '../core/api/openapi.ts'
import type { Pipeline } from '../core/declare/pipeline.ts'
import { type HttpDeps, type HttpHandler, json } from './middleware/http.ts'
import { httpFunction } from './middleware/http-function.ts'

/** GET /openapi.json. Made once: the pipeline does not change while the platform runs. Needs no key. */
export function createHandler(deps: HttpDeps & { readonly pipeline: Pipeline }): HttpHandler {
  const answer = json(200, describeApi(deps.pipeline))
  return httpFunction(deps, undefined, () => ({ ...answer }))
}
