import { Tracer } from '@aws-lambda-powertools/tracer'
import { captureLambdaHandler } from '@aws-lambda-powertools/tracer/middleware'
import type { MiddlewareObj } from '@middy/core'
import { instruments } from '../../drivers/aws/client-options.ts'
import { type LambdaHandler, observed } from './observed.ts'
import { serviceName } from './telemetry.ts'

const tracer = new Tracer({ serviceName })
instruments.push(client => void tracer.captureAWSv3Client(client))

/**
 * `observed`, with a trace of the handler and of each AWS call it makes. For the batch functions: X-Ray's SDK
 * takes more than half of the start-up that a function may have for which somebody waits, so those have
 * Lambda's own tracing alone.
 */
export function traced<E, R>(handler: LambdaHandler<E, R>) {
  const middleware = captureLambdaHandler(tracer, { captureResponse: false }) as MiddlewareObj
  return observed(handler, middleware)
}
