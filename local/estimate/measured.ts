/**
 * What the estimate takes from measurements, not from price lists. Figures of this project: `npm run
 * bench:lambda`, on a core of an AMD EPYC; docs/performance.md has the whole table. A Graviton core is about
 * as fast, and a function of 1,769 MB has one.
 */
export const MEASURED_AS_OF = '2026-11'

/**
 * Processor time of 1,000 events, ms: `ingest` in requests of 100, `speed` without markers, which are so much
 * a thousand.
 */
export const CPU_MS_PER_1000 = { ingest: 47, speed: 29, markers: 70, deliverRaw: 4 } as const

/** Processor time of a request of one event beside the event, ms. */
export const REQUEST_CPU_MS = 1.5

/** Usual time to an answer inside a region, ms: PutRecords of an on-demand stream; a DynamoDB call. */
export const LATENCY_MS = { kinesisPut: 15, dynamodb: 5 } as const

/** Receipt, epoch, time and partition that ingest adds to an event, bytes. */
export const RECEIPT_BYTES = 120

/**
 * Bytes of a gzip payload of so many bytes of JSON: the more events of a kind stand together, the less each
 * takes. Fitted to records of 1.6 to 25 trips of 1.1 KB, of which half is text without any order; typical
 * events take two thirds of it.
 */
export function compressed(bytes: number): number {
  return Math.min(bytes, 600 + bytes * 0.29)
}

/** Bytes that a call of a function leaves in its log: START and REPORT lines and metrics. */
export const LOG_BYTES_PER_CALL = 1_200
