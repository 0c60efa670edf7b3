import { isExpired, readsAll } from '../../core/access/access.ts'
import { describeApi } from '../../core/api/openapi.ts'
import { toTributaryError } from '../../core/errors.ts'
import * as aws from '../../drivers/compose/aws.ts'
import * as compiled from '../../drivers/pipeline/compiled.ts'
import { createQueryMetric } from '../../steps/query-metric.ts'
import { ALREADY_KEPT, createReplayRejected } from '../../steps/replay-rejected.ts'
import type { HttpEvent } from '../middleware/http.ts'
import { bearerOf } from '../middleware/shown-key.ts'
import { reportFailure, reportSpill } from '../observability/reports.ts'
import { ROUTES } from '../table.ts'
import { allowOnAws } from './allow.ts'
import { awsCheckEvents } from './check-events.ts'
import { healthOnAws } from './health.ts'
import { awsIngest } from './ingest.ts'

/**
 * What the handlers of routes are given on AWS, by the names they have for it. A bundle holds what its
 * function names.
 */

export const report = () => reportFailure

export const allow = () => allowOnAws

export const pipeline = () => compiled.pipeline

export const document = () => describeApi(compiled.pipeline, ROUTES)

export const ingest = () => awsIngest(aws.rejectedSink(reportSpill))

export const checkEvents = () => awsCheckEvents()

export const runs = () => aws.runs()

export const rejected = () => aws.rejectedEvents()

export const replayRejected = () =>
  createReplayRejected({
    ingest: awsIngest(ALREADY_KEPT),
    rejected: aws.rejectedEvents(),
    now: Date.now,
  })

export const queryMetric = () =>
  createQueryMetric({
    pipeline: compiled.pipeline,
    batchViews: aws.batchViews(compiled.pipeline),
    realTimeViews: aws.realTimeViews(compiled.pipeline),
    holds: aws.holds(),
    countedSince: aws.countedSince(),
    // What the views were is read by the lake's engine, which a function that answers has no room for.
    readPast: undefined,
    epochLength: aws.settings.need('TRIBUTARY_EPOCH'),
    speedLag: aws.speedProgress().lag,
    now: Date.now,
  })

/** Numbers are to show within ten seconds, and a batch may wait for as long as the deployment says. */
const LAG_LIMIT_MS = 60_000

export const managedKeys = () => aws.managedKeys()

export const setKeys = () => {
  const keys = aws.keys(failure => reportFailure(toTributaryError(failure), 'keys'))
  return async () => (await keys()).set
}

export const now = () => Date.now

/**
 * API Gateway asks no key of who wants to know whether the platform works, so the key is looked at here. A
 * token of an issuer is not: who has one sees that it works, and no parts.
 */
export const mayRead = () => {
  const keys = aws.keys(failure => reportFailure(toTributaryError(failure), 'keys'))
  return async ({ headers }: HttpEvent) => {
    const secret = bearerOf(headers['authorization'])
    const access = secret === undefined ? undefined : (await keys()).find(secret, Date.now())
    return access !== undefined && !isExpired(access, Date.now()) && readsAll(access)
  }
}

export const health = () =>
  healthOnAws({
    pipeline: compiled.pipeline,
    progress: aws.speedProgress(),
    batch: aws.batchViews(compiled.pipeline),
    holds: aws.holds(),
    runs: aws.runs(),
    lagLimitMs: LAG_LIMIT_MS,
    now: Date.now,
  })
