/**
 * List prices the cost estimate uses: US dollars, us-east-1, on demand, without free tiers, commitments or
 * tax. From the public price pages of the services (aws.amazon.com/<service>/pricing), as of 2026-11. Other
 * regions differ by up to a fifth.
 *
 * Everything that an estimate depends on in money stands here and nowhere else.
 */
export const PRICES_AS_OF = '2026-11'

const GB = 2 ** 30
const MILLION = 1e6

export const PRICES = {
  /** HTTP API, a request of up to 512 KB. */
  apiRequest: 1.0 / MILLION,
  lambdaRequest: 0.2 / MILLION,
  /** Lambda on arm64, a GB for a second. */
  lambdaGbSecond: 0.0000133334,
  /** Kinesis on demand. */
  kinesisInByte: 0.08 / GB,
  kinesisOutByte: 0.04 / GB,
  kinesisStreamHour: 0.04,
  /** Firehose from Kinesis, first 500 TB a month. */
  firehoseByte: 0.029 / GB,
  dynamodbWriteUnit: 0.625 / MILLION,
  dynamodbReadUnit: 0.125 / MILLION,
  s3Put: 0.005 / 1000,
  s3Get: 0.0004 / 1000,
  /** Standard storage, a byte for a month. */
  s3ByteMonth: 0.023 / GB,
  logByte: 0.5 / GB,
  /** KMS, a request. */
  kmsRequest: 0.03 / 10_000,
} as const

/** By what the services round what they bill. */
export const ROUNDING = {
  apiRequestBytes: 512 * 1024,
  kinesisRecordBytes: 1024,
  firehoseRecordBytes: 5 * 1024,
  dynamodbWriteBytes: 1024,
  dynamodbReadBytes: 4096,
} as const

/** A shard of an on-demand stream takes a MB or a thousand records a second; a new stream has four shards. */
export const SHARD = { bytesPerSecond: 1024 * 1024, recordsPerSecond: 1000, atStart: 4 } as const
