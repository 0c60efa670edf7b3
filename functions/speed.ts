import middy from '@middy/core'
import type { KinesisStreamBatchResponse, KinesisStreamEvent } from 'aws-lambda'
import type { DeadLetters } from '../core/ports/dead-letters.ts'
import type { ApplySpeed, SpeedOutcome } from '../steps/apply-speed.ts'
import { decodeKinesisEvent, encodePartialFailures } from './sources/kinesis.ts'

export type SpeedDeps = {
  readonly applySpeed: ApplySpeed
  readonly deadLetters: Pick<DeadLetters, 'put'>
  /** Told what each batch came to. */
  readonly report: (outcome: SpeedOutcome) => void
}

/** Kinesis stream → real-time views. Records that no retry can help go to the dead letters; the rest goes on. */
export function createHandler({ applySpeed, deadLetters, report }: SpeedDeps) {
  return middy<KinesisStreamEvent, KinesisStreamBatchResponse>().handler(async event => {
    const records = decodeKinesisEvent(event)
    const outcome = await applySpeed(records)
    for (const { index, reason } of outcome.unreadable)
      await deadLetters.put([records[index]!], {
        consumer: 'speed',
        reason: 'unreadable',
        detail: reason,
        deliveries: 1,
      })
    report(outcome)
    return encodePartialFailures([])
  })
}
