import { tallyId } from '../../core/cells/tally.ts'
import { arrivals, rawDelayMs, rawDeliveries } from '../../drivers/compose/aws.ts'
import { numberOf, payloadOf } from '../../steps/batch/task.ts'
import { createDeliverMissing } from '../../steps/deliver-raw.ts'
import { createHandler } from '../batch/await-raw.ts'
import { ports, task } from '../compose/batch.ts'

/** How often raw data may be found wanting before arrivals are looked for that nobody was notified of. */
const PATIENCE = 6

const awaitRaw = createHandler(ports)
const deliverMissing = createDeliverMissing({
  arrivals: arrivals(),
  ledger: rawDeliveries(),
  published: async type => (await ports.batch.boundary(tallyId(type)))?.epoch,
  epochLength: ports.epochLength,
  bufferMs: rawDelayMs(),
})

export const handler = task(async payload => {
  const fields = payloadOf(payload)
  if (numberOf(fields, 'attempt') >= PATIENCE) await deliverMissing(numberOf(fields, 'epoch'))
  return awaitRaw(payload)
})
