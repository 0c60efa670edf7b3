import { type Access, NOBODY, readableTypes, type Scope } from '../../core/access/access.ts'
import type { Limit, Route } from '../../core/api/route.ts'
import { TributaryError } from '../../core/errors.ts'
import { auditEntry } from './audit.ts'
import { textBody } from './body.ts'
import type { HttpDeps, HttpEvent, HttpHandler, HttpResponse, Waiting } from './http.ts'
import { failureResponse } from './problem.ts'
import { knownParameters } from './query-string.ts'
import { withinRate } from './rate-limit.ts'

/** The work of a route. Throws `TributaryError` for what is not an answer. */
export type Work = (
  event: HttpEvent,
  access: Access,
  waiting?: Waiting,
) => Promise<HttpResponse> | HttpResponse

/** What a request must be for its route's work to begin. */
export type RouteRule = {
  /** Undefined: no key is needed. */
  readonly scope: Scope | undefined
  /** Names of parameters; `where.*` stands for all that begin with `where.`. */
  readonly query: readonly string[]
  readonly hasBody: boolean
  /** The body may be what is no text. */
  readonly takesBytes?: true
  /** Limits of a caller that the work keeps to. */
  readonly keepsTo: readonly Limit[]
  /** Each call is kept with who made it; those of the scope admin are anyway. */
  readonly isAudited?: true
}

/** The rule of a row of functions/table.ts. */
export function ruleOf({
  scope,
  query = {},
  body,
  isKeyInAddress,
  isAudited,
  takesBytes,
  keepsTo = [],
}: Route): RouteRule {
  const names = [...Object.keys(query), ...(isKeyInAddress ? ['key'] : [])]
  const rule = { scope, query: names, hasBody: body !== undefined, keepsTo }
  return { ...rule, ...(isAudited && { isAudited }), ...(takesBytes && { takesBytes }) }
}

/**
 * A handler of the HTTP API: the key's scope, no unknown parameters, the body as text, then the work; problem
 * details for failures. Always resolves.
 *
 * @example httpFunction(deps, ruleOf(ROUTES['GET /v1/runs']), event => json(200, …))
 */
export function httpFunction(
  { authorise, allow, audit, report, longestBody }: HttpDeps,
  { scope, query, hasBody, keepsTo, isAudited, takesBytes }: RouteRule,
  work: Work,
): HttpHandler {
  const refuseUnknown = knownParameters(query)
  const answer = async (event: HttpEvent, access: Access, waiting: Waiting | undefined) => {
    if (scope === 'read') requireLimits(access, keepsTo)
    refuseUnknown(event)
    const decoded = hasBody ? textBody(event, longestBody, takesBytes) : undefined
    if (decoded !== undefined) await decoded
    return work(event, access, waiting)
  }
  /** Also what is refused: somebody tried. */
  const audited = async (event: HttpEvent, access: Access, waiting: Waiting | undefined) => {
    const given = await withinRate(allow, access, () => answer(event, access, waiting)).catch(
      (error: unknown) => failureResponse(error, report, event.routeKey),
    )
    await audit(auditEntry(event, access, given.statusCode ?? 200))
    return given
  }
  return async (event, waiting) => {
    try {
      if (scope === undefined) return await answer(event, NOBODY, waiting)
      const access = authorise(event, scope)
      if (scope === 'admin' || isAudited) return await audited(event, access, waiting)
      if (access.rate === undefined) return await answer(event, access, waiting)
      return await withinRate(allow, access, () => answer(event, access, waiting))
    } catch (error) {
      return failureResponse(error, report, event.routeKey)
    }
  }
}

/**
 * A call that shows what cannot be told apart by type, or by row, is not for a caller who may read some of
 * it: what a route does not say that it keeps to, it does not.
 */
function requireLimits(access: Access, keepsTo: readonly Limit[]): void {
  const isOfTypes = readableTypes(access) !== 'all'
  if (isOfTypes && !keepsTo.includes('types')) throw unlimited(access, 'some types')
  if (access.where !== undefined && !keepsTo.includes('rows')) throw unlimited(access, 'some rows')
}

function unlimited({ name }: Access, some: string): TributaryError {
  const detail = `key ${name} reads ${some} alone, and this call shows others too; use a key without that limit`
  return new TributaryError('forbidden', detail)
}
