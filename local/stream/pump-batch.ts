import type { FailedRecord } from '../../core/ports/dead-letters.ts'
import type { DecodedRecord } from '../../functions/sources/kinesis.ts'
import type { EntryCursor } from './entry-cursor.ts'
import { decodedRecord, deliveredBytes } from './pump-event.ts'

/** Where a batch must end. */
export type BatchLimits = {
  readonly records: number
  readonly bytes: number
  /** Records that arrived before this, ms since 1970, are too old. */
  readonly oldest: number
}

/** Records that follow one another in the log, being gathered for one delivery. */
export type Batch = {
  /** All of its records are too old, or none is. */
  expired: boolean
  records: DecodedRecord[]
  /** Place of each record in the log. */
  sequences: number[]
  bytes: number
  /** All before it is in the batch, or not wanted. */
  end: number
}

export function newBatch(from: number): Batch {
  return { expired: false, records: [], sequences: [], bytes: 0, end: from }
}

/** Adds entries to a batch; true when it is as full as the limits allow, false at the end of the log. */
export function fillBatch(cursor: EntryCursor, batch: Batch, limits: BatchLimits): boolean {
  while (batch.sequences.length < limits.records) {
    const entry = cursor.peek()
    // What was stepped over, not being wanted, is done with the batch.
    batch.end = cursor.at
    if (entry === undefined) return false
    const first = batch.sequences.length === 0
    const bytes = deliveredBytes(entry)
    const expired = entry.arrival < limits.oldest
    if (first) batch.expired = expired
    else if (batch.expired !== expired || batch.bytes + bytes > limits.bytes) return true
    batch.records.push(decodedRecord(entry))
    batch.sequences.push(entry.sequence)
    batch.bytes += bytes
    batch.end = entry.next
    cursor.advance()
  }
  return true
}

/** A batch's records as the on-failure destination keeps them. */
export function wholeRecords(batch: Batch): FailedRecord[] {
  return batch.records.map(({ sequence, partition, arrival, data }) => ({
    sequence,
    partition,
    arrival,
    data,
  }))
}
