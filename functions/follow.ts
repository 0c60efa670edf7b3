import type { Follow } from '../steps/follow/follow.ts'
import type { Authorise } from './middleware/authorise.ts'
import { EVENT_STREAM } from './middleware/http.ts'
import type { Work } from './middleware/http-function.ts'
import { queryOf } from './middleware/query-string.ts'
import { type AskedMetricDeps, askedMetric } from './query/asked-metric.ts'

export type FollowDeps = AskedMetricDeps & {
  readonly follow: Pick<Follow, 'open'>
  readonly authorise: Authorise
}

/** GET /v1/metrics/{name}/stream. */
export function createHandler(deps: FollowDeps): Work {
  return async (event, access) => {
    const name = event.pathParameters?.['name'] ?? ''
    const { metric, asked, ask } = askedMetric(deps, name, queryOf(event), access)
    // Whoever may see the same of the same question shares its answer.
    const key = JSON.stringify([asked, access.where !== undefined])
    const attach = await deps.follow.open({ key, metric: metric.id, ask })
    const lastId = event.headers['last-event-id']
    const stillMay = () => void deps.authorise(event, 'read')
    return {
      ...{ statusCode: 200, headers: EVENT_STREAM },
      events: outlet => attach({ outlet, lastId, stillMay }),
    }
  }
}
