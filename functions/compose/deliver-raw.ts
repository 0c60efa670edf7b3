import { tallyId } from '../../core/cells/tally.ts'
import { arrivals, batchViews, markDue, rawDeliveries, settings } from '../../drivers/compose/aws.ts'
import { pipeline } from '../../drivers/pipeline/compiled.ts'
import { createDeliverRaw } from '../../steps/deliver-raw.ts'
import { observed } from '../observability/observed.ts'
import { reportDelivery as report } from '../observability/reports.ts'
import { createHandler } from '../sources/deliver-raw.ts'

const views = batchViews(pipeline)

/** A type that is not declared is not published. */
const published = async (type: string) =>
  pipeline.latest.has(type) ? (await views.boundary(tallyId(type)))?.epoch : undefined

export const handler = observed(
  createHandler({
    deliverRaw: createDeliverRaw({ arrivals: arrivals(), ledger: rawDeliveries(), published, markDue }),
    bucket: settings.need('TRIBUTARY_LAKE'),
    report,
  }),
)
