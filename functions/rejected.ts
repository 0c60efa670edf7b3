import { formatInstant } from '../core/data/time.ts'
import { TributaryError } from '../core/errors.ts'
import type { Rejected, RejectedEvent, RejectedQuery } from '../core/ports/rejected.ts'
import type { ReplayRejected } from '../steps/replay-rejected.ts'
import { textBody } from './middleware/body.ts'
import { type HttpDeps, type HttpEvent, type HttpHandler, json } from './middleware/http.ts'
import { httpFunction } from './middleware/http-function.ts'
import { jsonObject } from './middleware/json-body.ts'
import { instantOf, limitOf, queryOf, refuseUnknownParameters, single } from './query-string.ts'

/** GET /v1/rejected. Needs `admin`: rejected events are kept whole, sensitive fields and all. */
export function createHandler(deps: HttpDeps & { readonly rejected: Pick<Rejected, 'list'> }): HttpHandler {
  return httpFunction(deps, 'admin', async event => {
    const { events, next } = await deps.rejected.list(listQuery(event))
    return json(200, { events: events.map(present), next: next ?? null })
  })
}

/** POST /v1/rejected/replay {"type"?, "from"?, "after"?}: a bounded number; `next` continues. */
export function createReplayHandler(
  deps: HttpDeps & { readonly replayRejected: ReplayRejected },
): HttpHandler {
  return httpFunction(
    deps,
    'admin',
    async event => {
      const { type, from, after } = jsonObject(event, ['type', 'from', 'after'])
      const outcome = await deps.replayRejected({
        ...(type !== undefined && { type: text(type, 'type') }),
        ...(from !== undefined && { from: instantOf(text(from, 'from'), 'from') }),
        ...(after !== undefined && { after: text(after, 'after') }),
      })
      return json(200, { ...outcome, next: outcome.next ?? null })
    },
    textBody(),
  )
}

function listQuery(event: HttpEvent): RejectedQuery {
  const query = queryOf(event)
  refuseUnknownParameters(query, ['type', 'from', 'after', 'limit'])
  const type = single(query, 'type')
  const from = single(query, 'from')
  const after = single(query, 'after')
  return {
    ...(type !== undefined && { type }),
    ...(from !== undefined && { from: instantOf(from, 'from') }),
    ...(after !== undefined && { after }),
    limit: limitOf(query, 100, 1000),
  }
}

function present({ receivedAt, type, id, event, ...rest }: RejectedEvent) {
  return {
    ...rest,
    receivedAt: formatInstant(receivedAt),
    type: type ?? null,
    id: id ?? null,
    event: JSON.parse(event) as unknown,
  }
}

function text(value: unknown, name: string): string {
  if (typeof value === 'string' && value.length <= 1024) return value
  throw new TributaryError('bad_request', `"${name}" must be text`)
}
