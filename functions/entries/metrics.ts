import { batchViews, realTimeViews, speedProgress } from '../../drivers/compose/aws.ts'
import { pipeline } from '../../drivers/pipeline/compiled.ts'
import { createQueryMetric } from '../../steps/query-metric.ts'
import { createHandler } from '../metrics.ts'
import { gatewayAuthorisation as authorise } from '../middleware/gateway-authorisation.ts'
import { observed } from '../observability/observed.ts'
import { reportFailure as report } from '../observability/reports.ts'

const queryMetric = createQueryMetric({
  pipeline,
  batchViews: batchViews(pipeline),
  realTimeViews: realTimeViews(pipeline),
  speedLag: speedProgress().lag,
  now: Date.now,
})

/** A Lambda function answers with 6 MB at most (AWS Lambda quotas), escaped once more on its way. */
const longestAnswer = 5_000_000

export const handler = observed(createHandler({ authorise, report, pipeline, queryMetric, longestAnswer }))
