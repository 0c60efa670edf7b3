import type { Series } from './alarm-state.ts'

/** What an alarm has to stay quiet at, and what it has to tell: series of its metrics, by name. */
export type Told = {
  readonly quiet: readonly Readonly<Record<string, Series>>[]
  readonly told: readonly Readonly<Record<string, Series>>[]
}

/** Stack parameters and mappings at which the alarms are tried. */
export const VALUES = { Freshness: 300, Concurrency: 1000, Late: 18_000_000 }

const above = (metric: string, threshold: number, periods = 1): Told => ({
  quiet: [{ [metric]: Array<number>(periods).fill(threshold) }, { [metric]: [null, null, null] }],
  told: [{ [metric]: Array<number>(periods).fill(threshold + 1) }],
})
const throttled: Told = {
  quiet: [{ Throttles: [5, 0, 0] }, { Throttles: [0, 5, null] }],
  told: [{ Throttles: [5, 0, 5] }],
}
const tableThrottled: Told = {
  quiet: [{ WriteThrottleEvents: [9, 0] }, { WriteThrottleEvents: [null, 9] }],
  told: [{ WriteThrottleEvents: [1, 1] }],
}

/** By name, those of functions and machines by their kinds. */
export const ALARMS: Readonly<Record<string, Told>> = {
  // With batches of up to 300 s an age of five minutes is no delay.
  'speed-is-late': {
    quiet: [
      { IteratorAge: [310_000, 340_000] },
      { IteratorAge: [900_000, 310_000] },
      { IteratorAge: [null, null] },
    ],
    told: [{ IteratorAge: [361_000, 400_000] }],
  },
  'speed-stands-still': {
    quiet: [
      { EventsAccepted: [9, 9, 9], EventsCounted: [null, null, 9] },
      { EventsAccepted: [9, 9, 9], Duplicates: [9, 9, 9] },
      { EventsAccepted: [null, null, null] },
    ],
    told: [{ EventsAccepted: [9, 9, 9] }, { EventsAccepted: [1, 1, 1], EventsCounted: [0, null, 0] }],
  },
  // The mapping tries a throttle of a table again: one failure is none.
  'speed-fails': {
    quiet: [{ Errors: [0, 3, 0] }, { Errors: [3, 3, null] }],
    told: [{ Errors: [1, 1, 1] }],
  },
  'deliverRaw-fails': { quiet: [{ Errors: [2, null, null] }], told: [{ Errors: [1, 1, 1] }] },
  fails: above('Errors', 0),
  'runs-fail': above('ExecutionsFailed', 0),
  'runs-hang': above('ExecutionsTimedOut', 0),
  'stream-throttles': {
    quiet: [{ WriteProvisionedThroughputExceeded: [7, 0, 0, 0, 7] }],
    told: [{ WriteProvisionedThroughputExceeded: [7, 0, 7, 0, 7] }],
  },
  'ingest-is-throttled': throttled,
  'speed-is-throttled': throttled,
  'concurrency-is-short': {
    quiet: [{ ConcurrentExecutions: [800, 800, 800] }, { ConcurrentExecutions: [990, 10, 10] }],
    told: [{ ConcurrentExecutions: [801, 10, 999] }],
  },
  'real-time-table-is-throttled': tableThrottled,
  'batch-table-is-throttled': tableThrottled,
  'markers-table-is-throttled': tableThrottled,
  'control-table-is-throttled': tableThrottled,
  'arrivals-are-late': above('DeliveryToS3.DataFreshness', 1800),
  'arrivals-are-read-late': above('KinesisMillisBehindLatest', 1_800_000, 2),
  'rejected-are-late': above('DeliveryToS3.DataFreshness', 1800),
  'dead-letters-wait': above('ApproximateNumberOfMessagesVisible', 0),
  'dead-letters-are-old': above('ApproximateAgeOfOldestMessage', 345_600),
  'records-given-up': above('OnFailureDestinationDeliveredEventCount', 0),
  'records-dropped': above('DroppedEventCount', 0),
  'dead-letters-unwritten': above('DestinationDeliveryFailures', 0),
  'arrivals-unqueued': above('DestinationDeliveryFailures', 0),
  'arrivals-dropped': above('AsyncEventsDropped', 0),
  'types-are-unknown': above('UnknownTypeRecords', 0),
  'records-are-unreadable': above('UnreadableRecords', 0),
  'raw-came-late': above('LateLines', 0),
  'layers-disagree': above('ReconciliationMismatch', 0),
  held: above('Held', 0),
  'api-fails': above('5xx', 5),
  'batch-stands-still': {
    quiet: [{ ExecutionsSucceeded: [1] }],
    told: [{ ExecutionsSucceeded: [null] }, { ExecutionsSucceeded: [0] }],
  },
  'boundary-is-old': above('BoundaryAgeMs', VALUES.Late),
}
