import { batchViews, runs, speedProgress } from '../../drivers/compose/aws.ts'
import { pipeline } from '../../drivers/pipeline/compiled.ts'
import { healthOnAws } from '../compose/health.ts'
import { createHandler } from '../health.ts'
import { gatewayAuthorisation as authorise } from '../middleware/gateway-authorisation.ts'
import { observed } from '../observability/observed.ts'
import { reportFailure as report } from '../observability/reports.ts'

/** Numbers are to show within ten seconds, and a batch may wait for as long as the deployment says. */
const LAG_LIMIT_MS = 60_000

const health = healthOnAws({
  pipeline,
  progress: speedProgress(),
  batch: batchViews(pipeline),
  runs: runs(),
  lagLimitMs: LAG_LIMIT_MS,
  now: Date.now,
})

export const handler = observed(createHandler({ authorise, report, health }))
