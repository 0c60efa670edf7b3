import { parseJson } from '../core/data/json.ts'
import { formatInstant } from '../core/data/time.ts'
import type { Rejected, RejectedEvent, RejectedQuery } from '../core/ports/rejected.ts'
import { type HttpEvent, json } from './middleware/http.ts'
import type { Work } from './middleware/http-function.ts'
import { instantOf, limitOf, queryOf, single } from './middleware/query-string.ts'

/** GET /v1/rejected. An admin's: rejected events are kept whole, sensitive fields and all. */
export function createHandler(deps: { readonly rejected: Pick<Rejected, 'list'> }): Work {
  return async event => {
    const { events, next } = await deps.rejected.list(listQuery(event))
    return json(200, { events: events.map(present), next: next ?? null })
  }
}

function listQuery(event: HttpEvent): RejectedQuery {
  const query = queryOf(event)
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
    event: parseJson(event),
  }
}
