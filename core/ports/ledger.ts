import type { Partitioning } from '../event/partitioning.ts'
import type { StreamRecord } from './stream/stream.ts'

/** How many events of each type ingest acknowledged in an epoch. */
export type AcceptedEpoch = {
  readonly epoch: number
  /** Event type → events acknowledged. */
  readonly accepted: Readonly<Record<string, number>>
  /**
   * `exact`: the stream's own count. `at least`: everything acknowledged and nothing that the stream does not
   * hold; it may hold more, as a sender whose answer was lost or who was told to send again may have got an
   * event into it all the same.
   */
  readonly counts: 'exact' | 'at least'
  /** True once no further event can enter the epoch. */
  readonly closed: boolean
}

/** What is known of an epoch, and which layers hold all of it. */
export type EpochLedger = AcceptedEpoch & {
  /** True once the raw lake holds every event that was acknowledged in the epoch. */
  readonly rawComplete: boolean
  /**
   * Event types of which the raw lake still lacked events when their delivery should have been over, and how
   * many. Where raw data only comes later than it should, and is never lost on its way: none.
   */
  readonly short: Readonly<Record<string, number>>
  /** True once the speed layer has applied every event that was acknowledged in the epoch. */
  readonly speedComplete: boolean
}

/**
 * What ingest acknowledged, epoch by epoch: the first number of every reconciliation, independent of both
 * layers.
 *
 * @example
 * const { closed, rawComplete } = await ledger.epoch(Date.UTC(2026, 0, 1))
 */
export type Ledger = {
  /**
   * Epochs that hold events, oldest first, with `closed` as of now. `after` leaves out epochs up to and
   * including it.
   */
  epochs(after: number | undefined): Promise<readonly AcceptedEpoch[]>
  epoch(epoch: number): Promise<EpochLedger>
}

/** The ledger's end in ingest, where the stream does not count by itself. */
export type Acknowledgements = {
  /**
   * Counts records that the stream has stored; resolves once the count is durable, and only then may a sender
   * be answered.
   * @throws TributaryError of the store; the records stay counted, and the next call of their
   *   epoch makes that durable.
   */
  acknowledge(records: readonly Pick<StreamRecord, 'epoch' | 'type' | 'count'>[]): Promise<void>
}

/** Lines of one type and epoch in an object that the raw delivery wrote. */
export type DeliveredLines = { readonly epoch: number; readonly type: string; readonly lines: number }

/** The ledger's end in the raw delivery, where the stream's consumer does not keep a position. */
export type RawDeliveries = {
  /**
   * Notes what the raw lake holds of one object that arrived; resolves once that is durable. Noting an object
   * again replaces what was noted of it.
   * @param object names the arrival, at most 1,024 bytes of UTF-8
   * @throws TributaryError of the store
   */
  delivered(object: string, lines: readonly DeliveredLines[]): Promise<void>
}

/** What is recorded, and of which version the record is. */
export type RecordedPartitioning = { readonly version: number; readonly partitioning: Partitioning }

/**
 * Where the ledger records how events are partitioned, for all processes that take events in.
 *
 * Errors: TributaryError of the store.
 */
export type PartitioningRecord = {
  /** The record as of now; undefined before the first event of a stage. */
  read(): Promise<RecordedPartitioning | undefined>
  /**
   * Replaces the record of version `seen` (undefined: none); false where another process has replaced it
   * since.
   */
  replace(seen: number | undefined, next: Partitioning): Promise<boolean>
}
