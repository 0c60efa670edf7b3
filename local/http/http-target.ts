import type { IncomingMessage } from 'node:http'
import { TributaryError } from '../../core/errors.ts'
import { getForHead, withHead } from '../../functions/middleware/head.ts'
import type { HttpHandler, HttpResponse } from '../../functions/middleware/http.ts'
import { problemResponse } from '../../functions/middleware/problem.ts'
import { type Cors, isPreflight } from './cors.ts'
import type { Target } from './http-event.ts'
import type { Router } from './http-router.ts'

/** A request's route and who answers it. */
export type Answerable = Target & { readonly handler: HttpHandler }

/** Where a request goes, or why nowhere. */
export function targetOf(router: Router, request: IncomingMessage, cors: Cors): Answerable | HttpResponse {
  const { method = 'GET', headers, httpVersionMinor } = request
  if (headers.host === undefined && httpVersionMinor > 0)
    return problemResponse(new TributaryError('bad_request', 'HTTP/1.1 requires the header host; send it'))
  const url = originForm(request.url ?? '/')
  const mark = url.indexOf('?')
  const path = mark < 0 ? url : url.slice(0, mark)
  const match = router(getForHead(method), path)
  if ('allow' in match) {
    const allow = withHead(match.allow)
    const isAsked = allow.length > 0 && isPreflight(request)
    return isAsked ? cors.preflight(request, allow) : refusal(method, path, allow)
  }
  return { ...match, path, query: mark < 0 ? '' : url.slice(mark + 1) }
}

/** A target as proxies send it, scheme and host in front, is the one behind these (RFC 9112, 3.2.2). */
function originForm(target: string): string {
  if (target.startsWith('/')) return target
  const rest = /^https?:\/\/[^/?#]*(.*)$/is.exec(target)?.[1]
  if (rest === undefined) return target
  return rest.startsWith('/') ? rest : `/${rest}`
}

function refusal(method: string, path: string, allow: readonly string[]): HttpResponse {
  if (allow.length === 0)
    return problemResponse(
      new TributaryError('not_found', `nothing is at ${path.slice(0, 200)}; see /openapi.json`),
    )
  const detail = `${path.slice(0, 200)} does not answer to ${method}; use ${allow.join(', ')}`
  const answer = problemResponse(new TributaryError('method_not_allowed', detail))
  return { ...answer, headers: { ...answer.headers, allow: allow.join(', ') } }
}
