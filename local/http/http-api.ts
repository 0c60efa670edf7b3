import * as contracts from '../../functions/contracts.ts'
import * as health from '../../functions/health.ts'
import * as ingest from '../../functions/ingest.ts'
import * as metrics from '../../functions/metrics.ts'
import type { HttpDeps } from '../../functions/middleware/http.ts'
import * as openapi from '../../functions/openapi.ts'
import * as prometheus from '../../functions/prometheus.ts'
import * as rejected from '../../functions/rejected.ts'
import * as runs from '../../functions/runs.ts'
import type { Routes } from './http-router.ts'

/** Everything the HTTP API needs: the union of what its handlers need. */
export type HttpApiDeps = HttpDeps &
  Parameters<typeof contracts.createHandler>[0] &
  Parameters<typeof health.createHandler>[0] &
  Parameters<typeof ingest.createHandler>[0] &
  Parameters<typeof metrics.createHandler>[0] &
  Parameters<typeof openapi.createHandler>[0] &
  Parameters<typeof prometheus.createHandler>[0] &
  Parameters<typeof rejected.createHandler>[0] &
  Parameters<typeof rejected.createReplayHandler>[0] &
  Parameters<typeof runs.createHandler>[0]

/** The routes of the HTTP API, by API Gateway's route keys: the same that serverless.yml declares. */
export function httpApi(deps: HttpApiDeps): Routes {
  const metric = metrics.createHandler(deps)
  const contract = contracts.createHandler(deps)
  const run = runs.createHandler(deps)
  return {
    'POST /v1/events': ingest.createHandler(deps),
    'GET /v1/metrics': metric,
    'GET /v1/metrics/{name}': metric,
    'GET /v1/contracts': contract,
    'GET /v1/contracts/{type}/{version}': contract,
    'GET /v1/runs': run,
    'GET /v1/runs/{id}': run,
    'POST /v1/runs': runs.createStartHandler(deps),
    'GET /v1/rejected': rejected.createHandler(deps),
    'POST /v1/rejected/replay': rejected.createReplayHandler(deps),
    'GET /v1/health': health.createHandler(deps),
    'GET /openapi.json': openapi.createHandler(deps),
    'GET /metrics': prometheus.createHandler(deps),
  }
}
