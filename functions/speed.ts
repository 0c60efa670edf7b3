import middy from '@middy/core'
import type { KinesisStreamBatchResponse, KinesisStreamEvent } from 'aws-lambda'
import type { DeadLetters } from '../core/ports/dead-letters.ts'
import type { ApplySpeed, SpeedOutcome } from '../steps/apply-speed.ts'
import { type DecodedRecord, decodeKinesisEvent, encodePartialFailures } from './sources/kinesis.ts'

export type SpeedDeps = {
  readonly applySpeed: ApplySpeed
  readonly deadLetters: Pick<DeadLetters, 'put'>
  /** Told what each batch came to, and the shard it came from. Must not throw: the batch is applied. */
  readonly report: (outcome: SpeedOutcome, shard: string) => void | Promise<void>
}

/** Kinesis stream → real-time views. Records that no retry can help go to the dead letters; the rest goes on. */
export function createHandler({ applySpeed, deadLetters, report }: SpeedDeps) {
  return middy<KinesisStreamEvent, KinesisStreamBatchResponse>().handler(async event => {
    const records = decodeKinesisEvent(event)
    const readable = records.filter(({ fault }) => fault === undefined)
    const outcome = await applySpeed(readable)
    await giveUp([
      ...records.flatMap(record => (record.fault === undefined ? [] : [{ record, detail: record.fault }])),
      ...outcome.unreadable.map(({ index, reason }) => ({ record: readable[index]!, detail: reason })),
    ])
    await report(outcome, shardOf(event))
    return encodePartialFailures([])
  })

  /** One put a reason: a flood of such records must not take the time of the batch. */
  async function giveUp(lost: readonly { record: DecodedRecord; detail: string }[]): Promise<void> {
    for (const [detail, ones] of Map.groupBy(lost, one => one.detail)) {
      const failed = ones.map(({ record: { sequence, partition, arrival, data } }) => {
        return { sequence, partition, arrival, data }
      })
      await deadLetters.put(failed, { consumer: 'speed', reason: 'unreadable', detail, deliveries: 1 })
    }
  }
}

/** A mapping delivers records of one shard at a time; `eventID` is `<shard>:<sequence number>`. */
function shardOf({ Records }: KinesisStreamEvent): string {
  return Records[0]?.eventID.split(':', 1)[0] ?? ''
}
