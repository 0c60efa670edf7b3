import middy, { type MiddlewareObj } from '@middy/core'
import { TributaryError } from '../../core/errors.ts'
import type { Scope } from '../../core/keys.ts'
import { authorised } from './authorise.ts'
import type { HttpDeps, HttpEvent, HttpHandler, HttpResponse } from './http.ts'
import { problem } from './problem.ts'

/** Answer this long before Lambda would end the call without one. */
const MARGIN_MS = 500

/** The work of one route. Throws `TributaryError` for what is not an answer. */
export type Work = (event: HttpEvent) => Promise<HttpResponse> | HttpResponse

/**
 * A handler of the HTTP API: problem details for failures, the key's scope (undefined: no key needed), further middleware,
 * then the work.
 *
 * @example httpFunction(deps, 'write', event => json(202, …), textBody())
 */
export function httpFunction(
  { authorise, report }: HttpDeps,
  scope: Scope | undefined,
  work: Work,
  ...more: readonly MiddlewareObj<HttpEvent, HttpResponse>[]
): HttpHandler {
  const handler = middy<HttpEvent, HttpResponse>({
    timeoutEarlyInMillis: MARGIN_MS,
    timeoutEarlyResponse: () => {
      throw new TributaryError('timeout', 'the answer was not ready in time; send the request again')
    },
  }).use(problem(report))
  if (scope !== undefined) handler.use(authorised(authorise, scope))
  if (more.length > 0) handler.use([...more])
  return handler.handler(async event => work(event)) as unknown as HttpHandler
}
