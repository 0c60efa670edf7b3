import { pipeline } from '../../drivers/pipeline/compiled.ts'
import { gatewayAuthorisation as authorise } from '../middleware/gateway-authorisation.ts'
import { observed } from '../observability/observed.ts'
import { reportFailure as report } from '../observability/reports.ts'
import { createHandler } from '../openapi.ts'

export const handler = observed(createHandler({ authorise, report, pipeline }))
