import { rejectedEvents } from '../../drivers/compose/aws.ts'
import { ALREADY_KEPT, createReplayRejected } from '../../steps/replay-rejected.ts'
import { awsIngest } from '../compose/ingest.ts'
import { gatewayAuthorisation as authorise } from '../middleware/gateway-authorisation.ts'
import { observed } from '../observability/observed.ts'
import { reportFailure as report } from '../observability/reports.ts'
import { createReplayHandler } from '../rejected.ts'

const replayRejected = createReplayRejected({
  ingest: awsIngest(ALREADY_KEPT),
  rejected: rejectedEvents(),
  now: Date.now,
})

export const handler = observed(createReplayHandler({ authorise, report, replayRejected }))
