import middy from '@middy/core'
import type { KinesisStreamBatchResponse, KinesisStreamEvent } from 'aws-lambda'
import { toTributaryError } from '../../core/errors.ts'
import type { DeadLetters, FailureReason } from '../../core/ports/dead-letters.ts'
import { type ApplySpeed, isOfItsRecords, type SpeedOutcome } from '../../steps/apply-speed.ts'
import { type DecodedRecord, decodeKinesisEvent, encodePartialFailures } from './kinesis.ts'

export type SpeedDeps = {
  /** What is to be done before the first batch, however often it is asked. */
  readonly begin: () => Promise<void>
  readonly applySpeed: ApplySpeed
  readonly deadLetters: Pick<DeadLetters, 'put'>
  /**
   * Whether records of types that are not declared here are held among the dead letters: where another
   * version of ingest may have accepted them. Where all parts have one pipeline, they are of types that were
   * taken out of it, and are left alone.
   */
  readonly holdsUnknown?: boolean
  /** Told what each batch came to, and the shard it came from. Must not throw: the batch is applied. */
  readonly report: (outcome: SpeedOutcome, shard: string) => void | Promise<void>
}

/** Applies records that came from one shard. @throws what fails the whole batch */
export type ConsumeSpeed = (records: readonly DecodedRecord[], shard: string) => Promise<void>

/**
 * Stream → real-time views. Records that no retry can help go to the dead letters, and so do those of a type
 * that only a newer version knows; the rest goes on. Any other failure fails the batch, and so does one that
 * several records may have caused: the mapping then halves it, until the one at fault comes alone.
 */
export function createConsumer(deps: Omit<SpeedDeps, 'begin'>): ConsumeSpeed {
  const { applySpeed, deadLetters, report, holdsUnknown = false } = deps
  return async (records, shard) => {
    const readable = records.filter(({ fault }) => fault === undefined)
    const outcome = await applied(readable)
    await keep('unreadable', [
      ...records.flatMap(record => (record.fault === undefined ? [] : [{ record, detail: record.fault }])),
      ...outcome.unreadable.map(({ index, reason }) => ({ record: readable[index]!, detail: reason })),
    ])
    const unknown = outcome.unknown.map(({ index, type }) => ({ record: readable[index]!, detail: type }))
    if (holdsUnknown) await keep('unknown_type', unknown)
    await report(outcome, shard)
  }

  async function applied(records: readonly DecodedRecord[]): Promise<SpeedOutcome> {
    try {
      return await applySpeed(records)
    } catch (error) {
      const { code, message } = toTributaryError(error)
      if (!isOfItsRecords(error) || records.length > 1) throw error
      return { ...NOTHING, unreadable: [{ index: 0, reason: `${code}: ${message}` }], unknown: [] }
    }
  }

  /** One put a detail: a flood of such records must not take the time of the batch. */
  async function keep(reason: FailureReason, kept: readonly { record: DecodedRecord; detail: string }[]) {
    for (const [detail, ones] of Map.groupBy(kept, one => one.detail)) {
      const failed = ones.map(({ record: { sequence, partition, arrival, data } }) => {
        return { sequence, partition, arrival, data }
      })
      await deadLetters.put(failed, { consumer: 'speed', reason, detail, deliveries: 1 })
    }
  }
}

/** What Lambda calls with records of a Kinesis stream. */
export function createHandler(deps: SpeedDeps) {
  const consume = createConsumer(deps)
  return middy<KinesisStreamEvent, KinesisStreamBatchResponse>().handler(async event => {
    await deps.begin()
    await consume(decodeKinesisEvent(event), shardOf(event))
    return encodePartialFailures([])
  })
}

const NOTHING = { counted: 0, duplicates: 0, repeats: 0, receivedAt: 0 } as const

/** A mapping delivers records of one shard at a time; `eventID` is `<shard>:<sequence number>`. */
function shardOf({ Records }: KinesisStreamEvent): string {
  return Records[0]?.eventID.split(':', 1)[0] ?? ''
}
