/**
 * List prices by region: US dollars, on demand, first tier, without free tiers, commitments or tax. From the
 * price lists that the pages aws.amazon.com/<service>/pricing show, as published between August and November
 * 2025, and read again on 2026-11-27. Step Functions: the table of its page.
 *
 * A price that is not known for a region is undefined there: it is never guessed. `prices.ts` then takes that
 * of us-east-1, and the estimate says so.
 */
export const PRICES_AS_OF = '2026-11'

/** Regions in the order of the numbers below. */
export const REGIONS = [
  'us-east-1',
  'us-east-2',
  'us-west-2',
  'eu-west-1',
  'eu-west-2',
  'eu-central-1',
  'eu-north-1',
  'ap-southeast-2',
  'ap-northeast-1',
] as const

export type Region = (typeof REGIONS)[number]

/** `per`: how many of what the estimate counts (a byte, a call) the numbers are for. */
type Row = { readonly per: number; readonly dollars: readonly (number | undefined)[] }

const GB = 2 ** 30
const MILLION = 1e6
const _ = undefined

function row(per: number, ...dollars: (number | undefined)[]): Row {
  return { per, dollars }
}

/** The same wherever it is sold. */
function everywhere(per: number, dollars: number): Row {
  return row(per, ...REGIONS.map(() => dollars))
}

// biome-ignore format: a table
export const PRICE_TABLE = {
  // us-east-1 us-east-2 us-west-2 eu-west-1 eu-west-2 eu-central-1 eu-north-1 ap-se-2 ap-ne-1
  /** HTTP API, a request of up to 512 KB. */
  apiRequest: row(MILLION,            1.0,       1.0,       1.0,      1.11,      1.16,          1.2,       1.06,     1.29,    1.29),
  lambdaRequest: everywhere(MILLION, 0.2),
  /** Lambda on arm64, a GB for a second. */
  lambdaGbSecond: everywhere(MILLION, 13.3334),
  /** Disk of a function beyond its first 512 MB, a GB for a second. */
  lambdaDiskGbSecond: row(MILLION, 0.0309,    0.0309,    0.0309,     0.034,    0.0358,       0.0367,     0.0323,    0.037,   0.037),
  /** Kinesis on demand. */
  kinesisInByte: row(GB,             0.08,      0.08,      0.08,     0.091,     0.095,        0.096,      0.086,    0.098,   0.104),
  kinesisOutByte: row(GB,            0.04,      0.04,      0.04,     0.045,     0.048,        0.048,      0.043,    0.049,   0.052),
  kinesisStreamHour: row(1,          0.04,      0.04,      0.04,     0.045,     0.048,        0.048,      0.043,    0.049,   0.052),
  /** What the stream keeps beyond its first day and up to its seventh, a byte for a month. */
  kinesisByteMonth: row(GB,           0.1,       0.1,       0.1,      0.11,     0.116,        0.119,      0.105,     0.12,    0.12),
  /** Firehose from Kinesis, first 500 TB a month. */
  firehoseByte: row(GB,             0.029,         _,         _,         _,     0.035,            _,          _,        _,       _),
  dynamodbWriteUnit: row(MILLION,   0.625,     0.625,     0.625,     0.705,    0.7423,       0.7625,       0.67,     0.71,   0.715),
  dynamodbReadUnit: row(MILLION,    0.125,     0.125,     0.125,    0.1415,    0.1487,       0.1525,     0.1345,   0.1425,  0.1425),
  dynamodbByteMonth: row(GB,         0.25,      0.25,      0.25,     0.283,   0.29715,        0.306,      0.269,    0.285,   0.285),
  /** Point-in-time recovery: the size of the table once more. */
  dynamodbRecoveryByteMonth: row(GB,  0.2,       0.2,       0.2,      0.22,   0.23772,       0.2448,       0.21,    0.228,   0.228),
  s3Put: row(1000,                  0.005,     0.005,     0.005,     0.005,    0.0053,       0.0054,      0.005,   0.0055,  0.0047),
  s3Get: row(1000,                 0.0004,    0.0004,    0.0004,    0.0004,   0.00042,      0.00043,     0.0004,  0.00044, 0.00037),
  /** Standard storage, a byte for a month. */
  s3ByteMonth: row(GB,              0.023,     0.023,     0.023,     0.023,     0.024,       0.0245,      0.023,    0.025,   0.025),
  /** Glacier Instant Retrieval, where raw events move to. */
  s3ColdByteMonth: row(GB,          0.004,     0.004,     0.004,     0.004,     0.005,        0.005,      0.004,    0.005,   0.005),
  s3ColdMove: everywhere(1000, 0.02),
  /** CloudWatch Logs, a byte taken in; vended logs are the same. */
  logByte: row(GB,                    0.5,       0.5,       0.5,      0.57,    0.5985,         0.63,       0.54,     0.67,    0.76),
  /** A byte of log kept for a month. */
  logByteMonth: row(GB,              0.03,      0.03,      0.03,      0.03,    0.0315,       0.0324,      0.028,    0.033,   0.033),
  /** An alarm, for each metric it looks at. */
  alarmMonth: everywhere(1, 0.1),
  metricMonth: everywhere(1, 0.3),
  dashboardMonth: everywhere(1, 3),
  trace: row(MILLION,                   5,         _,         _,         _,         _,            _,          _,        _,       _),
  kmsKeyMonth: everywhere(1, 1),
  kmsRequest: everywhere(10_000, 0.03),
  secretMonth: row(1,                 0.4,         _,         _,         _,         _,            _,          _,        _,       _),
  secretRequest: row(10_000,         0.05,         _,         _,         _,         _,            _,          _,        _,       _),
  /** Step Functions, standard workflows. */
  stateTransition: everywhere(1000, 0.025),
  /** Redshift Serverless, a Redshift processing unit for an hour. */
  warehouseUnitHour: row(1,         0.375,      0.36,      0.36,     0.387,     0.467,        0.451,      0.374,    0.419,   0.494),
  /** Managed storage of Redshift, and snapshots of it. */
  warehouseByteMonth: row(GB,       0.024,     0.024,     0.024,     0.024,     0.025,       0.0256,      0.024,   0.0261,  0.0261),
} as const satisfies Readonly<Record<string, Row>>
