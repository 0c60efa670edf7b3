import { toTributaryError } from '../../core/errors.ts'
import { allowances } from '../../drivers/compose/aws/allowances.ts'
import { createAllow } from '../../steps/allow.ts'
import { reportFailure } from '../observability/reports.ts'

/** The count of what keys with limits do, of a function on AWS. */
export const allowOnAws = createAllow({
  allowances: allowances(),
  now: Date.now,
  report: failure => reportFailure(toTributaryError(failure), 'allowances'),
})
