import { tallyId } from '../../core/cells/tally.ts'
import { toTributaryError } from '../../core/errors.ts'
import type { Hold } from '../../core/ports/holds.ts'
import * as aws from '../../drivers/compose/aws.ts'
import { pipeline } from '../../drivers/pipeline/compiled.ts'
import { createApplySpeed } from '../../steps/apply-speed.ts'
import { heldFailure } from '../../steps/batch/held.ts'
import { createDeliverMissing } from '../../steps/deliver-raw.ts'
import { createEpochLengthCheck } from '../../steps/partitions.ts'
import type { RecordedHandler } from '../batch/recorded.ts'
import { measuredBoundaries, reportFailure, reportHeld, reportMismatch } from '../observability/reports.ts'
import { lockedTask } from './locked-task.ts'

/** Time that the call which is running has left, ms. A container has one call at a time. */
let timeLeft = (): number => 0

const lake = await aws.batchLake(() => timeLeft())

const speed = aws.realTimeViews(pipeline)

/** What all steps of a batch are given. */
export const ports = {
  pipeline,
  lake: lake.lake,
  engine: lake.engine,
  ledger: aws.ledger(pipeline),
  speed,
  batch: measuredBoundaries(aws.batchViews(pipeline), aws.settings.need('TRIBUTARY_EPOCH'), Date.now),
  holds: aws.holds(),
  countedSince: aws.countedSince(),
  // A request reads all items of the epoch, however many keys it is for.
  openEpoch: speed.openEpoch,
  epochLength: aws.settings.need('TRIBUTARY_EPOCH'),
  horizon: aws.horizon(),
  now: Date.now,
  // Nobody reads it here.
  keepsHistory: false,
  // Objects of rejected events come a quarter of an hour late, and every one would have to be read.
  countRejected: undefined,
}

/** The function of a task: traced, recorded in its run, under the lock of the views. */
export const task = (work: RecordedHandler) => lockedTask(resting(afterCheck(work)), 'views')

const checkEpochLength = createEpochLengthCheck(aws.partitioningRecord(), ports.epochLength)

/** A task that cuts epochs as ingest does, or refuses to work. */
function afterCheck(work: RecordedHandler): RecordedHandler {
  return async (payload, time) => {
    await checkEpochLength()
    return work(payload, time)
  }
}

/** A task that knows what time it has, and after which the lake's engine is at rest. */
export function resting(work: RecordedHandler): RecordedHandler {
  return async (payload, time) => {
    timeLeft = time.timeLeft
    try {
      return await work(payload, time)
    } finally {
      await lake.rest().catch(error => reportFailure(toTributaryError(error), 'scratch'))
    }
  }
}

/** Further parts, which some tasks are given: each is in the bundles of those alone. */

export const onMismatch = () => reportMismatch

export const onHeld = () => (held: Hold, isNew: boolean) => reportHeld(heldFailure(pipeline, held), isNew)

export const exportRows = () => aws.warehouseTexts()

/** Splits arrivals of an epoch that nobody was notified of. */
export const deliverMissing = () =>
  createDeliverMissing({
    arrivals: aws.arrivals(),
    ledger: aws.rawDeliveries(),
    published: async type => (await ports.batch.boundary(tallyId(type)))?.epoch,
    markDue: aws.markDue,
    epochLength: ports.epochLength,
    bufferMs: aws.rawDelayMs(),
  })

export const consumer = () => aws.speedConsumer()

export const deliveries = () => aws.rawDeliveries()

export const reader = () => aws.streamReader()

export const apply = () => (only: ReadonlySet<string>) =>
  createApplySpeed({ pipeline, markers: aws.markers(), views: ports.speed, only })

export const markersLag = () => aws.settings.need('TRIBUTARY_STREAM_HOURS') * 3_600_000
