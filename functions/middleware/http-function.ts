import middy from '@middy/core'
import type { Route } from '../../core/api/route.ts'
import { TributaryError } from '../../core/errors.ts'
import type { Scope } from '../../core/keys.ts'
import { textBody } from './body.ts'
import type { HttpDeps, HttpEvent, HttpHandler, HttpResponse } from './http.ts'
import { problem } from './problem.ts'
import { knownParameters } from './query-string.ts'

/** Answer this long before Lambda would end the call without one. */
const MARGIN_MS = 500

/** The work of a route. Throws `TributaryError` for what is not an answer. */
export type Work = (event: HttpEvent) => Promise<HttpResponse> | HttpResponse

/** What a request must be for its route's work to begin. */
export type RouteRule = {
  /** Undefined: no key is needed. */
  readonly scope: Scope | undefined
  /** Names of parameters; `where.*` stands for all that begin with `where.`. */
  readonly query: readonly string[]
  readonly hasBody: boolean
}

/** The rule of a row of functions/table.ts. */
export function ruleOf({ scope, query = {}, body }: Route): RouteRule {
  return { scope, query: Object.keys(query), hasBody: body !== undefined }
}

/**
 * A handler of the HTTP API: problem details for failures, the key's scope, no unknown parameters, the body
 * as text, then the work.
 *
 * @example httpFunction(deps, ruleOf(ROUTES['GET /v1/runs']), event => json(200, …))
 */
export function httpFunction(
  { authorise, report }: HttpDeps,
  { scope, query, hasBody }: RouteRule,
  work: Work,
): HttpHandler {
  const handler = middy<HttpEvent, HttpResponse>({
    timeoutEarlyInMillis: MARGIN_MS,
    timeoutEarlyResponse: () => {
      throw new TributaryError('timeout', 'the answer was not ready in time; send the request again')
    },
  }).use(problem(report))
  const refuseUnknown = knownParameters(query)
  handler.before(({ event }) => {
    if (scope !== undefined) authorise(event, scope)
    refuseUnknown(event)
  })
  if (hasBody) handler.use(textBody())
  return handler.handler(async event => work(event)) as unknown as HttpHandler
}
