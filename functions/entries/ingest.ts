import { rejectedSink } from '../../drivers/compose/aws.ts'
import { awsIngest } from '../compose/ingest.ts'
import { createHandler } from '../ingest.ts'
import { gatewayAuthorisation as authorise } from '../middleware/gateway-authorisation.ts'
import { observed } from '../observability/observed.ts'
import { reportFailure as report } from '../observability/reports.ts'

export const handler = observed(createHandler({ authorise, report, ingest: awsIngest(rejectedSink()) }))
