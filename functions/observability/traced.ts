import { Tracer } from '@aws-lambda-powertools/tracer'
import { captureLambdaHandler } from '@aws-lambda-powertools/tracer/middleware'
import type { MiddlewareObj } from '@middy/core'
import { type LambdaHandler, observed } from './observed.ts'
import { serviceName } from './telemetry.ts'

const tracer = new Tracer({ serviceName })

/**
 * `observed`, with a trace of the handler and of each AWS call it makes. For the batch functions: X-Ray's SDK costs as much start-up
 * as all the rest of ingest (docs/decisions), so functions that answer people have Lambda's own tracing alone.
 */
export function traced<E, R>(handler: LambdaHandler<E, R>) {
  const middleware = captureLambdaHandler(tracer, { captureResponse: false }) as MiddlewareObj
  return observed(handler, middleware)
}

/** A client of the AWS SDK whose calls are traced. */
export function tracedClient<C>(client: C): C {
  return tracer.captureAWSv3Client(client)
}
