import { runs } from '../../drivers/compose/aws.ts'
import { gatewayAuthorisation as authorise } from '../middleware/gateway-authorisation.ts'
import { observed } from '../observability/observed.ts'
import { reportFailure as report } from '../observability/reports.ts'
import { createStartHandler } from '../runs.ts'

export const handler = observed(createStartHandler({ authorise, report, runs: runs() }))
