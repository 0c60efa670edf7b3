import { json } from './middleware/http.ts'
import type { Work } from './middleware/http-function.ts'

/** GET /openapi.json. Written once: the pipeline does not change while the platform runs. */
export function createHandler({ document }: { readonly document: object }): Work {
  const answer = json(200, document)
  return () => ({ ...answer })
}
