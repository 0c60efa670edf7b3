import { TributaryError } from '../../core/errors.ts'
import { awsSettings } from '../../drivers/compose/aws/aws-settings.ts'
import { LAMBDA_BODY } from '../middleware/body.ts'
import { compressedIfLong } from '../middleware/compressed.ts'
import { delivered } from '../middleware/deliverable.ts'
import { createGatewayAuthorisation } from '../middleware/gateway-authorisation.ts'
import { getForHead } from '../middleware/head.ts'
import type { HttpEvent } from '../middleware/http.ts'
import { httpFunction, type RouteRule, type Work } from '../middleware/http-function.ts'
import { inTime } from '../middleware/in-time.ts'
import { createOriginRule } from '../middleware/origin-rule.ts'
import { problemResponse } from '../middleware/problem.ts'
import { observed } from '../observability/observed.ts'
import { reportAudit as audit, reportFailure as report, reportOrigin } from '../observability/reports.ts'
import { allowOnAws as allow } from './allow.ts'

/**
 * The Lambda function behind routes of API Gateway, each with the rule that its row in functions/table.ts
 * says.
 */
export function served(work: Work, rules: Readonly<Record<string, RouteRule>>) {
  const origins = awsSettings(process.env).find('TRIBUTARY_ORIGINS') ?? []
  const authorise = createGatewayAuthorisation(createOriginRule(origins, reportOrigin))
  const handlers = new Map(
    Object.entries(rules).map(([key, rule]) => [
      key,
      inTime(
        httpFunction({ authorise, allow, audit, report, longestBody: LAMBDA_BODY }, rule, deliverable(work)),
        report,
      ),
    ]),
  )
  return observed((event: HttpEvent, context) => {
    const handler = handlers.get(getForHead(event.routeKey))
    if (handler !== undefined) return handler(event, context)
    return problemResponse(new TributaryError('not_found', `this function does not answer ${event.routeKey}`))
  })
}

/**
 * The work, its answer compressed or refused where Lambda could not deliver it: the caller would get a 500
 * that nobody logs.
 */
function deliverable(work: Work): Work {
  return async (event, access) => delivered(await compressedIfLong(await work(event, access), event), LESS)
}

const LESS =
  'it compressed (accept-encoding: gzip), or less: a smaller limit, from and to, or one thing by its own address'
