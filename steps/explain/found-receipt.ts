import type { LakeRow } from '../../core/ports/lake-engine.ts'

/** A receipt of an event, and where it lies. */
export type FoundReceipt = {
  readonly id: string
  readonly source: string
  readonly receipt: string
  /** Event time, ms. */
  readonly time: number
  readonly epoch: number
  readonly file: string
}

/** Reads it from a row of the statements of core/sql/explain/. */
export function foundReceipt(row: LakeRow): FoundReceipt {
  return {
    id: String(row['event_id']),
    source: String(row['event_source']),
    receipt: String(row['receipt']),
    time: Number(row['event_ms']),
    epoch: Number(row['epoch']),
    file: String(row['part']),
  }
}
