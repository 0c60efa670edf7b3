import type { PutOutcome } from '../../../core/ports/stream/stream.ts'

export type Refusal = Extract<PutOutcome, { kind: 'refused' }>

export const STORED: PutOutcome = { kind: 'stored' }

/**
 * Why the log refuses, and after how many seconds trying again makes sense. One object a reason: no
 * allocation.
 */
export const REFUSALS = {
  /** The slowest consumer is more than `maxLagBytes` behind. */
  lagging: { kind: 'refused', reason: 'lagging', retryAfterSeconds: 1 },
  /** More than `maxQueueBytes` wait for the disk. */
  queueFull: { kind: 'refused', reason: 'queue_full', retryAfterSeconds: 1 },
  /** Less than `minFreeBytes` are free. */
  diskFull: { kind: 'refused', reason: 'disk_full', retryAfterSeconds: 10 },
  /** A write or a sync failed, or what is free is not known. */
  storageFailed: { kind: 'refused', reason: 'storage_failed', retryAfterSeconds: 1 },
  /** The record's epoch takes no more events: stamp them with the current one and put them again at once. */
  epochClosed: { kind: 'refused', reason: 'epoch_closed', retryAfterSeconds: 0 },
  /** A consumer cannot read on, so nothing that comes in would be counted. Only an operator can help. */
  consumerFailed: { kind: 'refused', reason: 'consumer_failed', retryAfterSeconds: 30 },
  /** `close` was called. */
  shuttingDown: { kind: 'refused', reason: 'shutting_down', retryAfterSeconds: 1 },
} as const satisfies Record<string, Refusal>
