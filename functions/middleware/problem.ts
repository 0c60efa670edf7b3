import { problemBody } from '../../core/api/problem-body.ts'
import { type ErrorCode, type TributaryError, toTributaryError } from '../../core/errors.ts'
import type { HttpDeps, HttpResponse } from './http.ts'

/** RFC 6750 section 3: which challenge a refusal carries. */
const CHALLENGES: Partial<Readonly<Record<ErrorCode, string>>> = {
  unauthenticated: 'Bearer realm="tributary"',
  forbidden: 'Bearer realm="tributary", error="insufficient_scope"',
}

/**
 * The answer to a failure: RFC 9457 problem details, with `Retry-After` where trying again makes sense.
 * `members` are added to the body.
 */
export function problemResponse(
  failure: TributaryError,
  members: Readonly<Record<string, unknown>> = {},
): HttpResponse {
  const { code, status, retryAfter } = failure
  const challenge = CHALLENGES[code]
  return {
    statusCode: status,
    headers: {
      'content-type': 'application/problem+json',
      ...(retryAfter !== undefined && { 'retry-after': String(Math.max(1, Math.ceil(retryAfter))) }),
      ...(challenge !== undefined && { 'www-authenticate': challenge }),
    },
    body: JSON.stringify({ ...problemBody(failure), ...members }),
  }
}

/** The answer to whatever a handler threw; what is the platform's own fault is reported. */
export function failureResponse(error: unknown, report: HttpDeps['report'], routeKey: string): HttpResponse {
  const failure = toTributaryError(error)
  if (failure.status >= 500) report(failure, routeKey)
  return problemResponse(failure)
}
