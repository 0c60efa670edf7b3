import middy from '@middy/core'
import type { Context } from 'aws-lambda'
import { TributaryError } from '../../core/errors.ts'
import type { HttpDeps, HttpEvent, HttpHandler, HttpResponse } from './http.ts'
import { failureResponse } from './problem.ts'

/** Answer this long before Lambda would end the call without one. */
const MARGIN_MS = 500

/** The failure of a call whose answer would come too late. */
export function outOfTime(): TributaryError {
  return new TributaryError('timeout', 'the answer was not ready in time; send the request again')
}

/**
 * The handler as a Lambda function: it answers, if need be that it has no answer yet, before Lambda ends the
 * call.
 */
export function inTime(
  handler: HttpHandler,
  report: HttpDeps['report'],
): (event: HttpEvent, context: Context) => Promise<HttpResponse> {
  return middy<HttpEvent, HttpResponse>({
    timeoutEarlyInMillis: MARGIN_MS,
    timeoutEarlyResponse: () => {
      throw outOfTime()
    },
  })
    .onError(request => failureResponse(request.error, report, request.event.routeKey))
    .handler(async event => handler(event)) as unknown as ReturnType<typeof inTime>
}
