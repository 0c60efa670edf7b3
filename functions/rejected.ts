import { formatInstant } from '../core/data/time.ts'
import { parseJson } from '../core/json/json.ts'
import type { Rejected, RejectedEvent, RejectedQuery } from '../core/ports/rejected.ts'
import { isDeliverable } from './middleware/deliverable.ts'
import { type HttpEvent, json } from './middleware/http.ts'
import type { Work } from './middleware/http-function.ts'
import { instantOf, limitOf, queryOf, single } from './middleware/query-string.ts'

export type RejectedDeps = {
  readonly rejected: Pick<Rejected, 'list'>
  /** Longest answer that can be given, bytes; Lambda's where it is not given. */
  readonly longestAnswer?: number
}

/**
 * GET /v1/rejected. An admin's: rejected events are kept whole, sensitive fields and all. A page is as long
 * as one answer can be; an event that fits none by itself is told of without its text.
 */
export function createHandler({ rejected, longestAnswer }: RejectedDeps): Work {
  return async event => {
    const { events, next = null } = await rejected.list(listQuery(event))
    const answer = json(200, { events: events.map(present), next })
    if (isDeliverable(answer, longestAnswer)) return answer
    return json(200, { events: events.map(withoutText), next })
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

/** `POST /v1/rejected/replay` sends it again whole. */
function withoutText(rejection: RejectedEvent) {
  return { ...present({ ...rejection, event: 'null' }), eventBytes: Buffer.byteLength(rejection.event) }
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
