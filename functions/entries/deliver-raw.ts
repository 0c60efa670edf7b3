import { arrivals, rawDeliveries, settings } from '../../drivers/aws.ts'
import { createDeliverRaw } from '../../steps/deliver-raw.ts'
import { createHandler } from '../deliver-raw.ts'
import { observed } from '../observability/observed.ts'
import { reportDelivery as report } from '../observability/reports.ts'

export const handler = observed(
  createHandler({
    deliverRaw: createDeliverRaw({ arrivals: arrivals(), ledger: rawDeliveries() }),
    bucket: settings.need('TRIBUTARY_LAKE'),
    report,
  }),
)
