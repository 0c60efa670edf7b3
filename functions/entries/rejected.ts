import { rejectedEvents } from '../../drivers/compose/aws.ts'
import { gatewayAuthorisation as authorise } from '../middleware/gateway-authorisation.ts'
import { observed } from '../observability/observed.ts'
import { reportFailure as report } from '../observability/reports.ts'
import { createHandler } from '../rejected.ts'

export const handler = observed(createHandler({ authorise, report, rejected: rejectedEvents() }))
