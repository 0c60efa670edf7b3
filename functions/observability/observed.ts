import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware'
import middy, { type MiddlewareObj } from '@middy/core'
import type { Context } from 'aws-lambda'
import { toTributaryError } from '../../core/errors.ts'
import { remedyOf } from '../../core/remedies.ts'
import { loggedFailure, toldFailure } from './failure.ts'
import { logger, measure, metrics } from './telemetry.ts'

/** A Lambda handler. */
export type LambdaHandler<E, R> = (event: E, context: Context) => Promise<R> | R

/** This long before Lambda ends a call, its metrics and the reason are written. */
const MARGIN_MS = 200

/**
 * A handler whose calls are seen: log lines carry the request's id, metrics are written when it ends, and
 * what it throws is logged and goes on as a TributaryError, whose name `ErrorEquals` of a state machine
 * matches. Event and answer are never logged.
 *
 * A call that runs out of time is not answered: an answer would freeze the work that goes on behind it, and
 * thaw it beside the next call, perhaps its own repetition. So Lambda ends the whole process
 * (`Sandbox.Timedout` to a state machine).
 *
 * @example export const handler = observed(createHandler(ports))
 */
export function observed<E, R>(handler: LambdaHandler<E, R>, ...more: readonly MiddlewareObj[]) {
  return (
    middy<E, R>({
      timeoutEarlyInMillis: MARGIN_MS,
      timeoutEarlyResponse: outOfTime,
    })
      // Last in, first told of a failure: the others see what it may be called.
      .use([injectLambdaContext(logger), ...more, measured()] as MiddlewareObj<E, R>[])
      .handler(async (event, context) => handler(event, context)) as unknown as (
      event: E,
      context: Context,
    ) => Promise<R>
  )
}

/**
 * Writes metrics out and logs failures. Powertools' own middleware would warn of every call that has nothing
 * to measure.
 */
function measured(): MiddlewareObj {
  return {
    after: publish,
    onError: request => {
      const failure = toTributaryError(request.error)
      if (!failure.retryable) measure('FunctionFailures', 1)
      logger[failure.retryable ? 'warn' : 'error']('the call failed', {
        ...{ failure: loggedFailure(failure), remedy: remedyOf(failure) },
      })
      request.error = toldFailure(failure)
      publish()
    },
  }
}

/** Never settles: see `observed`. */
function outOfTime(): Promise<never> {
  measure('FunctionFailures', 1)
  logger.error('the call is out of time, and Lambda ends it')
  publish()
  return new Promise(() => {})
}

function publish(): void {
  if (metrics.hasStoredMetrics()) metrics.publishStoredMetrics()
}
