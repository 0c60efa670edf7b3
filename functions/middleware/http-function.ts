import type { Route } from '../../core/api/route.ts'
import type { Scope } from '../../core/keys.ts'
import { textBody } from './body.ts'
import type { HttpDeps, HttpEvent, HttpHandler, HttpResponse } from './http.ts'
import { failureResponse } from './problem.ts'
import { knownParameters } from './query-string.ts'

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
export function ruleOf({ scope, query = {}, body, isKeyInAddress }: Route): RouteRule {
  const names = [...Object.keys(query), ...(isKeyInAddress ? ['key'] : [])]
  return { scope, query: names, hasBody: body !== undefined }
}

/**
 * A handler of the HTTP API: the key's scope, no unknown parameters, the body as text, then the work; problem
 * details for failures. Always resolves.
 *
 * @example httpFunction(deps, ruleOf(ROUTES['GET /v1/runs']), event => json(200, …))
 */
export function httpFunction(
  { authorise, report, longestBody }: HttpDeps,
  { scope, query, hasBody }: RouteRule,
  work: Work,
): HttpHandler {
  const refuseUnknown = knownParameters(query)
  return async event => {
    try {
      if (scope !== undefined) authorise(event, scope)
      refuseUnknown(event)
      const decoded = hasBody ? textBody(event, longestBody) : undefined
      if (decoded !== undefined) await decoded
      return await work(event)
    } catch (error) {
      return failureResponse(error, report, event.routeKey)
    }
  }
}
