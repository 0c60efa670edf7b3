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

/** Bytes of a line of the HTTP API's access log, as its format in resources/api.yml makes them. */
export const ACCESS_LOG_BYTES = 350

/** Bytes that DynamoDB stores of a marker, the 100 that it adds to each item among them. */
export const MARKER_BYTES = 300

/**
 * Seconds of the batch functions with 7,076 MB: of a million events that are refined, and of a million events
 * of a metric that is aggregated, compared and published (`npm run bench -- batch`, two cores); and of a call
 * in which there is little to do, mostly waiting for S3 and DynamoDB.
 */
export const BATCH_SECONDS = { refined: 3, ofMetric: 0.75, call: 1 } as const

/** Memory that these were measured for, MB. */
export const BATCH_MEMORY = 7076

/** Keys, group and versions of a row of the batch views beside its cells, bytes; 100 are DynamoDB's own. */
export const ROW_BYTES = 300

/** Curated Parquet of a byte of raw data. */
export const CURATED_SHARE = 0.8
