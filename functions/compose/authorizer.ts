import { toTributaryError } from '../../core/errors.ts'
import { keys } from '../../drivers/compose/aws.ts'
import { createHandler } from '../middleware/key-authorizer.ts'
import { observed } from '../observability/observed.ts'
import { reportFailure } from '../observability/reports.ts'

export const handler = observed(
  createHandler({ keys: keys(failure => reportFailure(toTributaryError(failure), 'keys')) }),
)
